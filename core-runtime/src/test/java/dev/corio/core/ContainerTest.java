package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What containers do to a program, done to cores in a child: calls are refused, memory may not be
/// locked, CPUs have other numbers and a quota, descriptors are few.
final class ContainerTest {
    private static final boolean IS_ROOT = "root".equals(System.getProperty("user.name"));

    /// EPERM is Docker's answer, ENOSYS podman's and an old kernel's, EACCES a security module's;
    /// EINVAL and EMFILE could only be a surprise.
    @ParameterizedTest
    @CsvSource({
        "1, EPERM, seccomp",
        "38, ENOSYS, seccomp",
        "13, EACCES, seccomp",
        "12, ENOMEM, ulimit -l",
        "24, EMFILE, ulimit -n",
        "22, EINVAL, io_uring_setup"
    })
    void whereSetUpIsRefusedAutoTakesEpollAndSaysWhyOnce(int errno, String name, String remedy)
            throws Exception {
        String output = withRefused(SeccompFilter.IO_URING_SETUP, errno, "auto").output();
        assertTookEpoll(output, name, remedy);
    }

    @ParameterizedTest
    @CsvSource({"1, EPERM", "38, ENOSYS"})
    void aRingThatMayNotBeEnteredIsNoRing(int errno, String name) throws Exception {
        String output = withRefused(SeccompFilter.IO_URING_ENTER, errno, "auto").output();
        assertTookEpoll(output, name, "io_uring_enter");
    }

    @Test
    void whereOnlyRegisteringIsRefusedTheRingDoesWithout() throws Exception {
        DriverUnderTest.IO_URING.options();
        Child child = withRefused(SeccompFilter.IO_URING_REGISTER, 1, "auto").expectSuccess();
        assertTrue(child.output().endsWith("io_uring 0"), child.output());
    }

    @Test
    void whereSetUpIsRefusedAForcedIoUringFailsWithTheReason() throws Exception {
        Child child = withRefused(SeccompFilter.IO_URING_SETUP, 1, "io_uring");
        assertEquals(1, child.exit(), child.output());
        assertTrue(child.output().contains("EPERM"), child.output());
        assertTrue(child.output().contains("io_uring_disabled"), child.output());
    }

    @Test
    void withoutLiburingAutoTakesEpollAndSaysWhyOnce(@TempDir Path libraries) throws Exception {
        Files.createFile(libraries.resolve("liburing.so.2"));
        List<String> prefix = List.of("env", "LD_LIBRARY_PATH=" + libraries);
        Child child = Child.run(prefix, StartedCores.class, "auto").expectSuccess();
        assertTookEpoll(child.output(), "ELIBACC", "apt install liburing2");
    }

    /// Where the kernel charges rings to the user, the first one gets most of 64 KiB.
    @Test
    void littleLockedMemoryMakesRingsSmallAndIsSaidOnce(@TempDir Path copies) throws Exception {
        DriverUnderTest.IO_URING.options();
        List<String> prefix = new ArrayList<>();
        if (IS_ROOT) {
            assumeTrue(Child.isInstalled("setpriv"), "setpriv is missing: apt install util-linux");
            prefix.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        prefix.addAll(List.of("sh", "-c", "ulimit -l 64 && exec \"$@\"", "sh"));
        List<String> flags = new ArrayList<>(Child.FLAGS);
        flags.addAll(List.of("-cp", Child.readableClassPath(copies), StartedCores.class.getName()));
        String output = Child.run(prefix, flags, "auto", "512").expectSuccess().output();
        assumeTrue(!output.equals("io_uring 0"), "this kernel does not limit the memory of rings");
        String said = "entries instead of 512, because";
        assertEquals(1, output.lines().filter(line -> line.contains(said)).count(), output);
        assertTrue(output.contains("ulimit -l"), output);
        assertTrue(output.endsWith("io_uring 0"), output);
    }

    @Test
    void coresTakeTheNumbersOfTheCpuset() throws Exception {
        assumeTrue(Child.isInstalled("taskset"), "taskset is missing: apt install util-linux");
        List<Integer> allowed = Cpus.read().allowed();
        assumeTrue(allowed.size() > 1, "this machine has one CPU");
        int last = allowed.getLast();
        List<String> prefix = List.of("taskset", "-c", String.valueOf(last));
        Child child = Child.run(prefix, StartedCores.class, "epoll", "8", "cpus").expectSuccess();
        assertTrue(child.output().endsWith("cpus [" + last + "]"), child.output());
    }

    @Test
    void aQuotaLimitsTheCoresAndLeavesThemUnpinned() throws Exception {
        try (ControlGroup group = ControlGroup.ofHalfACpu()) {
            Child child = Child.run(group.prefix(), StartedCores.class, "epoll", "8", "cpus");
            assertTrue(child.expectSuccess().output().endsWith("cpus [-1]"), child.output());
        }
    }

    /// The JVM raises the soft limit by itself; with few in all, each driver starts or says why.
    @ParameterizedTest
    @CsvSource({"auto", "epoll"})
    void fortyDescriptorsAreEnough(String driver) throws Exception {
        List<String> prefix = List.of("sh", "-c", "ulimit -n 40 && exec \"$@\"", "sh");
        Child child = Child.run(prefix, StartedCores.class, driver).expectSuccess();
        assertTrue(child.output().endsWith(" 0"), child.output());
    }

    private static void assertTookEpoll(String output, String name, String remedy) {
        List<String> lines = output.lines().filter(each -> each.contains("driver epoll")).toList();
        assertEquals(1, lines.size(), output);
        assertTrue(lines.getFirst().contains(name), output);
        assertTrue(lines.getFirst().contains(remedy), output);
        assertTrue(output.endsWith("epoll 0"), output);
    }

    private static Child withRefused(int call, int errno, String driver) throws Exception {
        try (SeccompFilter filter = new SeccompFilter(call, call, errno)) {
            return Child.run(filter.prefix(), StartedCores.class, driver);
        }
    }
}
