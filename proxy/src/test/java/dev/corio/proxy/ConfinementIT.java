package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.core.Child;
import dev.corio.core.ControlGroup;
import dev.corio.core.Cpus;
import dev.corio.core.SeccompFilter;
import dev.corio.linux.Errno;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Each thing that containers take away, taken away alone: the proxy serves all the same, and the
/// doctor names it and the remedy.
final class ConfinementIT {
    private static final int NOBODY = 65534;

    @TempDir private Path directory;

    @ParameterizedTest
    @CsvSource({
        "EPERM, docker run --security-opt seccomp=",
        "ENOSYS, podman run --security-opt seccomp="
    })
    void withoutTheCallsOfIoUring(String error, String remedy) throws Exception {
        try (SeccompFilter filter =
                new SeccompFilter(
                        SeccompFilter.IO_URING_SETUP,
                        SeccompFilter.IO_URING_REGISTER,
                        error.equals("EPERM") ? Errno.EPERM : Errno.ENOSYS)) {
            assertServes(
                    filter.prefix(),
                    "driver epoll (io_uring unavailable: io_uring_setup(entries=8): " + error,
                    "it is the seccomp filter of the container: " + error,
                    remedy);
        }
    }

    @Test
    void withARingThatMayNotBeEntered() throws Exception {
        try (SeccompFilter filter =
                new SeccompFilter(
                        SeccompFilter.IO_URING_ENTER, SeccompFilter.IO_URING_ENTER, Errno.EPERM)) {
            assertServes(
                    filter.prefix(),
                    "driver epoll",
                    "io_uring unavailable: io_uring_enter(fd=",
                    "it is the seccomp filter of the container: EPERM",
                    "docker run --security-opt seccomp=");
        }
    }

    /// Recent kernels charge rings to the user; on others the doctor warns of those.
    @Test
    void withLittleLockedMemory() throws Exception {
        ProxyUnderTest.assumeIoUring();
        List<String> limiter = new ArrayList<>();
        if (isRoot()) {
            assumeTrue(Child.isInstalled("setpriv"), "setpriv is missing: apt install util-linux");
            // May read this checkout wherever it is, and lock no more memory than others.
            limiter.addAll(
                    List.of(
                            "setpriv",
                            "--reuid=" + NOBODY,
                            "--regid=" + NOBODY,
                            "--clear-groups",
                            "--inh-caps=+dac_override",
                            "--ambient-caps=+dac_override"));
        }
        limiter.addAll(Program.PRLIMIT.command("--memlock=65536:65536"));
        assertServes(limiter, "driver io_uring", "(ulimit -l, ", "--ulimit memlock=");
    }

    @Test
    void onTheLastCpuAlone() throws Exception {
        assumeTrue(Child.isInstalled("taskset"), "taskset is missing: apt install util-linux");
        int last = Cpus.read().allowed().getLast();
        assumeTrue(last > 0, "this machine has one CPU");
        assertServes(
                List.of("taskset", "-c", String.valueOf(last)),
                "1 cores (cpu " + last + ")",
                last + " allowed, cgroup quota none");
    }

    @Test
    void withHalfACpu() throws Exception {
        try (ControlGroup group = ControlGroup.ofHalfACpu()) {
            assertServes(
                    group.prefix(),
                    "1 cores (unpinned)",
                    "cgroup quota 0.5",
                    "the cgroup grants 0.50 CPUs",
                    "docker --cpuset-cpus");
        }
    }

    @Test
    void withFewDescriptors() throws Exception {
        assertServes(
                Program.PRLIMIT.command("--nofile=40:40"),
                "serves at most",
                "the hard limit of open files is 40",
                "docker --ulimit nofile=");
    }

    @Test
    void withoutLiburing() throws Exception {
        Files.createFile(directory.resolve("liburing.so.2"));
        assertServes(
                List.of("env", "LD_LIBRARY_PATH=" + directory),
                "driver epoll",
                "missing or older than 2.3",
                "cannot be loaded; install it: apt install liburing2");
    }

    @Test
    void withAnOldLiburing() throws Exception {
        assumeTrue(Child.isInstalled("gcc"), "gcc is missing: apt install gcc");
        String library = directory.resolve("liburing.so.2").toString();
        Process gcc =
                new ProcessBuilder("gcc", "-shared", "-o", library, "-x", "c", "/dev/null").start();
        assertEquals(0, gcc.waitFor());
        assertServes(
                List.of("env", "LD_LIBRARY_PATH=" + directory),
                "driver epoll",
                "missing or older than 2.3",
                "is older than 2.3; install a newer one: apt install liburing2");
    }

    /// Where the kernel is old and io_uring is not shut there is nothing to remedy.
    @ParameterizedTest
    @ValueSource(strings = {"kernel-5.7", "kernel-5.10", "kernel-5.15", "kernel-6.0", "kernel-6.1"})
    void onAnOlderKernel(String preset) throws Exception {
        ProxyUnderTest.assumeIoUring();
        assertServes(
                List.of("env", "CORIO_URING_FEATURES=" + preset),
                "driver io_uring",
                "auto takes io_uring",
                "NO_IOWAIT          no");
    }

    private void assertServes(List<String> limiter, String started, String... diagnosed)
            throws Exception {
        Confinement.assertServes(directory, limiter, started, diagnosed);
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }
}
