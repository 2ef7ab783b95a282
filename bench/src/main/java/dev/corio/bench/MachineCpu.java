package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What one CPU has done so far, by `/proc/stat`: the judge of whether a round was disturbed.
///
/// @param usedNanos time given to anything that ran here
/// @param stolenNanos time that the hypervisor gave to someone else
///
///   **Threading:** immutable.
record MachineCpu(long usedNanos, long stolenNanos) {
    private static final long TICK_NANOS = 10_000_000L;
    private static final int USER = 1;
    private static final int NICE = 2;
    private static final int SYSTEM = 3;
    private static final int IRQ = 6;
    private static final int SOFTIRQ = 7;
    private static final int STEAL = 8;

    static MachineCpu sample(int cpu) throws IOException {
        return parse(Files.readString(Path.of("/proc/stat")), cpu);
    }

    static MachineCpu parse(String stat, int cpu) {
        String name = "cpu" + cpu;
        for (String line : stat.split("\n", -1)) {
            String[] fields = line.split(" +", -1);
            if (fields[0].equals(name)) {
                return new MachineCpu(
                        nanos(fields, USER)
                                + nanos(fields, NICE)
                                + nanos(fields, SYSTEM)
                                + nanos(fields, IRQ)
                                + nanos(fields, SOFTIRQ),
                        nanos(fields, STEAL));
            }
        }
        throw new IllegalArgumentException("/proc/stat has no line " + name);
    }

    MachineCpu since(MachineCpu earlier) {
        return new MachineCpu(usedNanos - earlier.usedNanos, stolenNanos - earlier.stolenNanos);
    }

    private static long nanos(String[] fields, int index) {
        return Long.parseLong(fields[index]) * TICK_NANOS;
    }
}
