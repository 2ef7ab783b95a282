package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What a process that is started from a core's gets of it: nothing. A descriptor would keep a
/// connection open that we have closed, and shared rings would be written to by both.
final class InheritanceTest {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int CLOSE_ON_EXEC = 02000000;

    @RealDrivers
    void everyDescriptorIsClosedOnExec(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options();
        Set<String> before = descriptors();
        driver.run(
                options,
                core -> {
                    try (LoopbackListener listener = LoopbackListener.open();
                            Pair pair = Pair.open()) {
                        Set<String> ours = descriptors();
                        ours.removeAll(before);
                        assertTrue(ours.contains(String.valueOf(pair.left.fd())), ours.toString());
                        assertTrue(ours.contains(String.valueOf(listener.descriptor.fd())));
                        for (String each : ours) {
                            assertTrue(isClosedOnExec(each), () -> "inherited: " + target(each));
                        }
                    }
                });
    }

    @RealDrivers
    void ringsAreNotForked(DriverUnderTest driver) throws Exception {
        assumeTrue(driver != DriverUnderTest.EPOLL, "no ring");
        driver.run(core -> {
            List<String> flags = flagsOfRings();
            assertFalse(flags.isEmpty(), "no ring is mapped");
            // dc: do not copy this area on fork, see proc(5).
            flags.forEach(each -> assertTrue((each + " ").contains(" dc "), each));
        });
    }

    private static Set<String> descriptors() throws IOException {
        Set<String> numbers = new HashSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path file : files) {
                if (target(file.getFileName().toString()).matches("(socket|anon_inode):.*")) {
                    numbers.add(file.getFileName().toString());
                }
            }
        }
        return numbers;
    }

    private static String target(String number) {
        try {
            return Files.readSymbolicLink(DESCRIPTORS.resolve(number)).toString();
        } catch (IOException e) {
            // The one of the directory itself.
            return "closed";
        }
    }

    private static boolean isClosedOnExec(String number) throws IOException {
        String flags =
                Files.readAllLines(Path.of("/proc/self/fdinfo", number)).stream()
                        .filter(line -> line.startsWith("flags:"))
                        .findFirst()
                        .orElseThrow();
        return (Integer.parseInt(flags.substring(6).strip(), 8) & CLOSE_ON_EXEC) != 0;
    }

    /// The VmFlags of each mapping of a ring, in the kernel's two-letter words.
    private static List<String> flagsOfRings() throws IOException {
        Path smaps = Path.of("/proc/self/smaps");
        List<String> lines = Files.readAllLines(smaps);
        List<String> found = new ArrayList<>();
        boolean isRing = false;
        for (String line : lines) {
            if (line.startsWith("VmFlags:")) {
                if (isRing) {
                    found.add(line);
                }
                isRing = false;
            } else if (line.contains("anon_inode:[io_uring]")) {
                isRing = true;
            }
        }
        return found;
    }
}
