package dev.corio.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Errno;
import dev.corio.uring.ChildProcess.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What happens when the kernel says no, in child JVMs to which it does.
class RingFailuresTest {
    private static final String CLASS_PATH = System.getProperty("java.class.path");

    @ParameterizedTest
    @ValueSource(strings = {"EINTR", "EBUSY", "EAGAIN"})
    void nothingIsLostOrDoneTwiceWhenEnterFails(String error) throws Exception {
        TestRings.features();
        Outcome outcome =
                ChildProcess.run(
                        strace("io_uring_enter", "error=" + error + ":when=1+3"),
                        ChildProcess.java(CLASS_PATH, NopRounds.class));
        assertEquals(0, outcome.exit(), outcome.output());
        assertTrue(outcome.output().matches("\\{" + error + "=\\d+}"), outcome.output());
    }

    @ParameterizedTest
    @CsvSource({
        "EPERM, kernel.io_uring_disabled",
        "ENOSYS, seccomp profile",
        "EACCES, seccomp profile",
        "ENOMEM, ulimit -l",
        "EMFILE, ulimit -n"
    })
    void aRefusedSetUpIsReportedWithItsRemedy(String error, String remedy) throws Exception {
        Outcome outcome =
                ChildProcess.run(
                        strace("io_uring_setup", "error=" + error), ringOpening(CLASS_PATH, "8"));
        assertEquals(0, outcome.exit(), outcome.output());
        assertTrue(outcome.output().contains(error + " ("), outcome.output());
        assertTrue(outcome.output().contains(remedy), outcome.output());
    }

    @Test
    void aLibraryThatCannotBeLoadedIsReportedWithItsRemedy() throws Exception {
        String output = openingWithLibrary(List.of("touch", "liburing.so.2"));
        assertTrue(output.startsWith(Errno.ELIBACC + " "), output);
        assertTrue(output.contains("cannot be loaded"), output);
        assertTrue(output.contains("apt install liburing2"), output);
    }

    @Test
    void aLibraryThatIsTooOldIsReportedWithItsRemedy() throws Exception {
        assumeTrue(ChildProcess.isInstalled("gcc"), "apt install gcc");
        List<String> old = List.of("gcc", "-shared", "-o", "liburing.so.2", "-x", "c", "/dev/null");
        String output = openingWithLibrary(old);
        assertTrue(output.contains("older than 2.3"), output);
        assertTrue(output.contains("apt install liburing2"), output);
    }

    @Test
    void aRingIsSmallerWhereMemoryIsShort() throws Exception {
        TestRings.features();
        assumeTrue(ChildProcess.isInstalled("setpriv"), "setpriv of util-linux is not here");
        boolean isRoot = "root".equals(System.getProperty("user.name"));
        Path classes = ChildProcess.copyOfClasses();
        try {
            List<String> shell = List.of("sh", "-c", "ulimit -l 64 && exec \"$@\"", "sh");
            List<String> other =
                    List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
            List<String> prefix =
                    isRoot ? Stream.concat(other.stream(), shell.stream()).toList() : shell;
            Outcome outcome = ChildProcess.run(prefix, ringOpening(classes.toString(), "4096"));
            assertEquals(0, outcome.exit(), outcome.output());
            assumeTrue(
                    !outcome.output().equals("entries=4096,8192"),
                    "this kernel does not limit the memory of rings");
            assertTrue(outcome.output().matches("entries=\\d+,\\d+"), outcome.output());
            String[] sizes = outcome.output().replace("entries=", "").split(",");
            int entries = Integer.parseInt(sizes[0]);
            assertTrue(entries >= 8 && entries < 4096, outcome.output());
            assertEquals(2 * entries, Integer.parseInt(sizes[1]));
        } finally {
            ChildProcess.delete(classes);
        }
    }

    /// Opens a ring where the loader finds another liburing first: the one that a command makes.
    private static String openingWithLibrary(List<String> command) throws Exception {
        Path directory = Files.createTempDirectory("corio-library");
        try {
            int made = new ProcessBuilder(command).directory(directory.toFile()).start().waitFor();
            assertEquals(0, made);
            List<String> prefix = List.of("env", "LD_LIBRARY_PATH=" + directory);
            return ChildProcess.run(prefix, ringOpening(CLASS_PATH, "8")).output();
        } finally {
            ChildProcess.delete(directory);
        }
    }

    private static List<String> ringOpening(String classPath, String entries) {
        List<String> java = ChildProcess.java(classPath, RingOpening.class);
        return Stream.concat(java.stream(), Stream.of(entries)).toList();
    }

    private static List<String> strace(String call, String fault) throws Exception {
        assumeTrue(ChildProcess.isInstalled("strace"), "apt install strace");
        Outcome trial =
                ChildProcess.run(List.of("strace", "-qq", "-o", "/dev/null"), List.of("true"));
        assumeTrue(trial.exit() == 0, () -> "strace may not trace here: " + trial.output());
        String inject = "inject=" + call + ":" + fault;
        return List.of(
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", inject);
    }
}
