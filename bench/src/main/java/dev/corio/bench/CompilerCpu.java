package dev.corio.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// The CPU time of the JVM's compilers in one process, by the names of their threads. A process
/// that is no JVM has none.
///
/// **Threading:** safe from any thread.
final class CompilerCpu {
    /// The kernel keeps the first 15 characters of a thread's name.
    private static final Pattern COMPILER = Pattern.compile("C[12] CompilerThre");

    private CompilerCpu() {}

    /// What the ones that live have used so far.
    static long nanos(long pid) throws IOException {
        long nanos = 0;
        Path tasks = Path.of("/proc", Long.toString(pid), "task");
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                nanos += nanos(thread);
            }
        }
        return nanos;
    }

    private static long nanos(Path thread) throws IOException {
        try {
            String name = Files.readString(thread.resolve("comm")).strip();
            if (!COMPILER.matcher(name).matches()) {
                return 0;
            }
            String schedstat = Files.readString(thread.resolve("schedstat"));
            return Long.parseLong(schedstat.substring(0, schedstat.indexOf(' ')));
        } catch (NoSuchFileException e) {
            return 0; // it has just ended, or the kernel has no schedstat
        }
    }
}
