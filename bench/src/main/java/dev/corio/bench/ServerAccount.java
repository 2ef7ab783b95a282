package dev.corio.bench;

import java.io.IOException;

/// What the kernel has charged a server for so far, and what its CPU has done meanwhile, as lines
/// for a person.
///
/// **Threading:** immutable.
record ServerAccount(long nanos, ProcessCpu process, MachineCpu machine) {
    private static final double SECOND_NANOS = 1e9;
    private static final double PERCENT = 100;

    static ServerAccount read(ServerProcess server, int cpu) throws IOException {
        return new ServerAccount(System.nanoTime(), server.cpu(), MachineCpu.sample(cpu));
    }

    /// `10.0 s: CPU 3.214 s (32.1 %), others 0.5 %, stolen 0.0 %`.
    String since(ServerAccount earlier) {
        long elapsedNanos = nanos - earlier.nanos;
        long ownNanos = process.nanosSince(earlier.process);
        CpuLoss loss = CpuLoss.of(machine.since(earlier.machine), ownNanos, elapsedNanos);
        return "%s, others %.1f %%, stolen %.1f %%"
                .formatted(
                        share(ownNanos, elapsedNanos),
                        loss.foreign() * PERCENT,
                        loss.stolen() * PERCENT);
    }

    static String sum(long ownNanos, long elapsedNanos) {
        return "in all " + share(ownNanos, elapsedNanos) + ", starting included";
    }

    private static String share(long ownNanos, long elapsedNanos) {
        return "%.1f s: CPU %.3f s (%.1f %%)"
                .formatted(
                        elapsedNanos / SECOND_NANOS,
                        ownNanos / SECOND_NANOS,
                        PERCENT * ownNanos / elapsedNanos);
    }
}
