package dev.corio.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// One server under two clients in interleaved rounds, each time a fresh process: our load and
/// `redis-benchmark`.
///
/// **Threading:** used by one thread.
final class LoadCheck {
    private final Workbench workbench;
    private final List<String> loadProgram;
    private final Peer peer;
    private final LoadOptions load;

    /// @param load a closed loop
    LoadCheck(Workbench workbench, List<String> loadProgram, Peer peer, LoadOptions load) {
        this.workbench = workbench;
        this.loadProgram = loadProgram;
        this.peer = peer;
        this.load = load;
    }

    /// @throws IOException when the server or one of the clients cannot be had, or fails
    ClientCheck run(int rounds) throws IOException, InterruptedException {
        Progress progress = workbench.progress();
        List<ClientCheck.Reading> ours = new ArrayList<>();
        List<ClientCheck.Reading> others = new ArrayList<>();
        for (int number = 1; number <= rounds; number++) {
            progress.step("check of the load, round %d of %d, ours".formatted(number, rounds));
            ours.add(underOurs());
            progress.step(
                    "check of the load, round %d of %d, redis-benchmark".formatted(number, rounds));
            others.add(underRedis(ours.getLast().requests()));
        }
        progress.clear();
        return new ClientCheck(peer.name(), load, ours, others);
    }

    private ClientCheck.Reading underOurs() throws IOException, InterruptedException {
        try (ServerProcess server = startWarm()) {
            Gauge gauge = new Gauge(server, null, workbench.placement(), new QuietListener());
            LoadResult result =
                    workbench.run(loadProgram, load.to(server.address()).measured(), gauge);
            if (result.errors() > 0 || result.requests() == 0) {
                throw new IOException(peer.name() + " failed: " + result.failure());
            }
            return new ClientCheck.Reading(
                    result.requestsPerSecond(),
                    result.micros(50),
                    result.micros(99),
                    result.maxMicros(),
                    result.requests(),
                    gauge.use(result.cpuNanos()));
        }
    }

    /// Redis' client takes a number of requests and no time: it gets as many as ours had answered.
    private ClientCheck.Reading underRedis(long requests) throws IOException, InterruptedException {
        try (ServerProcess server = startWarm()) {
            Gauge gauge = new Gauge(server, null, workbench.placement(), new QuietListener());
            long endedNanos = ProcessCpu.endedChildrenNanos();
            gauge.measuring();
            RedisBenchmark.Answer answer =
                    RedisBenchmark.run(
                            server.address(),
                            load.connections(),
                            load.sizeBytes(),
                            requests,
                            workbench.placement().loadCpu(),
                            workbench.scratch().file("redis-benchmark.log"));
            gauge.measured();
            return new ClientCheck.Reading(
                    answer.requestsPerSecond(),
                    answer.p50Micros(),
                    answer.p99Micros(),
                    answer.maxMicros(),
                    requests,
                    gauge.use(ProcessCpu.endedChildrenNanos() - endedNanos));
        }
    }

    private ServerProcess startWarm() throws IOException, InterruptedException {
        ServerProcess server = workbench.start(peer, workbench.placement().serverCpu(), null);
        try {
            LoadResult _ =
                    workbench.run(
                            loadProgram, load.to(server.address()).warmup(), new QuietListener());
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }
}
