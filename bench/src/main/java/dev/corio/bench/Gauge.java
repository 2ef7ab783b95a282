package dev.corio.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// Reads the kernel's accounting of the server at both ends of the measured time, and passes the
/// load's progress on.
///
/// **Threading:** used by one thread.
final class Gauge implements LoadListener {
    private final ServerProcess server;
    private final Placement placement;
    private final LoadListener progress;
    private @Nullable Reading begin;
    private @Nullable Reading end;

    Gauge(ServerProcess server, Placement placement, LoadListener progress) {
        this.server = server;
        this.placement = placement;
        this.progress = progress;
    }

    ServerUse use() {
        return new ServerUse(
                serverCpuNanos(),
                (double) machine().stolenNanos() / elapsedNanos(),
                foreign(),
                last().residentBytes,
                server.startMillis());
    }

    @Override
    public void connected() {
        progress.connected();
    }

    @Override
    public void measuring() {
        begin = read();
        progress.measuring();
    }

    @Override
    public void progress(double seconds, long requests) {
        progress.progress(seconds, requests);
    }

    @Override
    public void measured() {
        end = read();
        progress.measured();
    }

    private long serverCpuNanos() {
        return last().process.nanosSince(first().process);
    }

    /// What ran on the server's CPU beside the server. Nothing can be said when the load does.
    private double foreign() {
        if (placement.isShared()) {
            return 0;
        }
        return (double) Math.max(0, machine().usedNanos() - serverCpuNanos()) / elapsedNanos();
    }

    private Reading read() {
        try {
            return new Reading(
                    System.nanoTime(),
                    server.cpu(),
                    MachineCpu.sample(placement.serverCpu()),
                    server.residentBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private MachineCpu machine() {
        return last().machine.since(first().machine);
    }

    private long elapsedNanos() {
        return last().nanos - first().nanos;
    }

    private Reading first() {
        return known(begin);
    }

    private Reading last() {
        return known(end);
    }

    private static Reading known(@Nullable Reading reading) {
        if (reading == null) {
            throw new IllegalStateException("the load has not been measured yet");
        }
        return reading;
    }

    private record Reading(
            long nanos, ProcessCpu process, MachineCpu machine, long residentBytes) {}
}
