package dev.corio.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads the kernel's accounting of the server and of both CPUs at both ends of the measured time,
/// and passes the load's progress on.
///
/// **Threading:** used by one thread.
final class Gauge implements LoadListener {
    private final ServerProcess server;
    private final @Nullable ServerProcess upstream;
    private final Placement placement;
    private final LoadListener progress;
    private @Nullable Reading begin;
    private @Nullable Reading end;

    /// @param upstream what stands behind the server and beside the load, or null
    Gauge(
            ServerProcess server,
            @Nullable ServerProcess upstream,
            Placement placement,
            LoadListener progress) {
        this.server = server;
        this.upstream = upstream;
        this.placement = placement;
        this.progress = progress;
    }

    /// @param loadCpuNanos what the load says it took
    ServerUse use(long loadCpuNanos) {
        long own = last().server.nanosSince(first().server);
        long onLoadCpu = upstreamNanos() + loadCpuNanos;
        return new ServerUse(
                own,
                loss(Reading::serverCpu, placement.isShared() ? own + onLoadCpu : own),
                placement.isShared() ? CpuLoss.NONE : loss(Reading::loadCpu, onLoadCpu),
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

    private CpuLoss loss(Function<Reading, MachineCpu> cpu, long ownNanos) {
        return CpuLoss.of(
                cpu.apply(last()).since(cpu.apply(first())),
                ownNanos,
                last().nanos - first().nanos);
    }

    private long upstreamNanos() {
        ProcessCpu begin = first().upstream;
        ProcessCpu end = last().upstream;
        return begin == null || end == null ? 0 : end.nanosSince(begin);
    }

    private Reading read() {
        try {
            return new Reading(
                    System.nanoTime(),
                    server.cpu(),
                    upstream == null ? null : upstream.cpu(),
                    MachineCpu.sample(placement.serverCpu()),
                    MachineCpu.sample(placement.loadCpu()),
                    server.residentBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
            long nanos,
            ProcessCpu server,
            @Nullable ProcessCpu upstream,
            MachineCpu serverCpu,
            MachineCpu loadCpu,
            long residentBytes) {}
}
