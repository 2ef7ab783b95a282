package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Counts the system calls of a server that does not count them itself: perf starts a load and
/// counts, while that runs, what all threads of the server ask of the kernel. Each call is dearer
/// for it, so such a load is never one that is measured.
///
/// **Threading:** safe from any thread.
final class SystemCallTrace {
    private static final String EVENT = "raw_syscalls:sys_enter";

    private SystemCallTrace() {}

    /// The load program with perf around it.
    static List<String> around(List<String> loadProgram, long pid, Path counts) {
        return Perf.around(loadProgram, pid, counts, "stat", "-x", ",", "-e", EVENT);
    }

    /// Reads what perf has counted, as in `1323,,raw_syscalls:sys_enter,14288251,100.00,,`.
    static long read(Path counts) throws IOException {
        for (String line : Files.readAllLines(counts)) {
            if (line.contains(EVENT) && Character.isDigit(line.charAt(0))) {
                return Long.parseLong(line.substring(0, line.indexOf(',')));
            }
        }
        throw new IOException("perf could not count " + EVENT);
    }
}
