package dev.corio.core;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A control group of half a CPU, of whichever version this machine has for CPUs. It can be closed
/// when nobody is in it any more.
public final class ControlGroup implements AutoCloseable {
    private static final Path ALL = Path.of("/sys/fs/cgroup");

    private final Path directory;

    private ControlGroup(Path directory) {
        this.directory = directory;
    }

    /// Skips the test where none can be made, or would change nothing.
    public static ControlGroup ofHalfACpu() throws IOException {
        assumeTrue(Cpus.read().allowed().size() > 1, "this machine has one CPU");
        assumeTrue(Double.isInfinite(Cpus.read().quota()), "under a quota already");
        Path version1 = ALL.resolve("cpu");
        boolean isVersion1 = Files.isDirectory(version1);
        Path group = (isVersion1 ? version1 : ALL).resolve("corio-" + System.nanoTime());
        try {
            Files.createDirectory(group);
            Files.writeString(
                    group.resolve(isVersion1 ? "cpu.cfs_quota_us" : "cpu.max"),
                    isVersion1 ? "50000" : "50000 100000");
        } catch (IOException e) {
            assumeTrue(false, "no control group can be made here: " + e);
        }
        return new ControlGroup(group);
    }

    /// What to start the child with.
    public List<String> prefix() {
        String enter = "echo $$ >" + directory.resolve("cgroup.procs") + " && exec \"$@\"";
        return List.of("sh", "-c", enter, "sh");
    }

    @Override
    public void close() throws IOException {
        Files.delete(directory);
    }
}
