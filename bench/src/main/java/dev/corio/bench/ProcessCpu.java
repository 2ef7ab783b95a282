package dev.corio.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// The CPU time that the kernel has charged to one process so far, all threads: the compiler's and
/// the collector's count as much as the loop's.
///
/// `/proc/PID/stat` counts ended threads too but in steps of 10 ms; `schedstat` counts nanoseconds
/// but only of living threads. So the fine one is used when no thread has ended in between.
///
/// @param coarseNanos user and system time from `stat`
/// @param threadNanos time on a CPU by thread id, from `schedstat`; empty without that file
///
///   **Threading:** immutable.
record ProcessCpu(long coarseNanos, Map<String, Long> threadNanos) {
    private static final long TICK_NANOS = 10_000_000L;
    private static final int UTIME = 11;
    private static final int STIME = 12;
    private static final int CUTIME = 13;
    private static final int CSTIME = 14;

    static ProcessCpu sample(long pid) throws IOException {
        Path process = Path.of("/proc", Long.toString(pid));
        Map<String, Long> threads = new HashMap<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path task : tasks) {
                addThread(task, threads);
            }
        }
        return new ProcessCpu(
                ticks(Files.readString(process.resolve("stat"))) * TICK_NANOS, threads);
    }

    /// What the children of this process have used that have ended, from their start to their end.
    static long endedChildrenNanos() throws IOException {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        return sum(stat, CUTIME, CSTIME) * TICK_NANOS;
    }

    /// What the process has used since `earlier`.
    long nanosSince(ProcessCpu earlier) {
        if (threadNanos.isEmpty()
                || !threadNanos.keySet().containsAll(earlier.threadNanos.keySet())) {
            return coarseNanos - earlier.coarseNanos;
        }
        long nanos = 0;
        for (Map.Entry<String, Long> thread : threadNanos.entrySet()) {
            nanos += thread.getValue() - earlier.threadNanos.getOrDefault(thread.getKey(), 0L);
        }
        return nanos;
    }

    /// The name of the program stands in parentheses and may hold anything, spaces and more
    /// parentheses too: fields are counted from the last one.
    static long ticks(String stat) {
        return sum(stat, UTIME, STIME);
    }

    private static long sum(String stat, int user, int system) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[user]) + Long.parseLong(fields[system]);
    }

    private static void addThread(Path task, Map<String, Long> threads) throws IOException {
        try {
            String schedstat = Files.readString(task.resolve("schedstat"));
            threads.put(
                    String.valueOf(task.getFileName()),
                    Long.parseLong(schedstat.substring(0, schedstat.indexOf(' '))));
        } catch (NoSuchFileException e) {
            // The thread has just ended, or the kernel has no schedstat: nanosSince sees a thread
            // missing, or none at all, and takes the coarse count.
            threads.remove(String.valueOf(task.getFileName()));
        }
    }
}
