package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A peer in one round: its server from the start to the end, and what was measured of it, in one
/// or more turns.
///
/// **Threading:** used by one thread.
final class Contestant implements AutoCloseable {
    /// Part of the server's CPU, or of the load's, that went elsewhere, above which a measurement
    /// is not believed.
    static final double DISTURBED_MAX = 0.05;

    /// The step in which warming up goes on, and the part of it that the compilers may have of a
    /// CPU in the last one.
    private static final double STEP_SECONDS = 1.0;

    private static final double COMPILERS_MAX = 0.02;

    /// At a rate: they take some milliseconds at a time, and one request in a hundred is p99.
    private static final double COMPILERS_MAX_OPEN = 0.005;

    /// How often a turn without an answer is made: all of a short one may be somebody else's.
    private static final int EMPTY_TRIES_MAX = 3;

    private static final double SECOND_NANOS = 1e9;

    private final Workbench workbench;
    private final List<String> loadProgram;
    private final Peer peer;
    private final LoadOptions load;
    private final ServerProcess server;
    private final @Nullable ServerProcess behind;
    private final Patience patience;
    private final List<Turn> turns = new ArrayList<>();
    private long requestsInAll;
    private Map<String, Object> traced = Map.of();
    private Map<String, Object> profiled = Map.of();

    private record Turn(LoadResult result, ServerUse use) {}

    private Contestant(
            Workbench workbench,
            List<String> loadProgram,
            Peer peer,
            LoadOptions load,
            ServerProcess server,
            @Nullable ServerProcess behind,
            Patience patience) {
        this.workbench = workbench;
        this.loadProgram = loadProgram;
        this.peer = peer;
        this.load = load;
        this.server = server;
        this.behind = behind;
        this.patience = patience;
    }

    /// Starts the server.
    ///
    /// @param load of a turn
    /// @param behind what stands behind it when it is a proxy
    static Contestant start(
            Workbench workbench,
            List<String> loadProgram,
            Peer peer,
            LoadOptions load,
            @Nullable ServerProcess behind,
            Patience patience)
            throws IOException, InterruptedException {
        Files.deleteIfExists(workbench.stats(peer));
        ServerProcess server =
                workbench.start(
                        peer,
                        workbench.placement().serverCpu(),
                        behind == null ? null : behind.address());
        LoadOptions toServer = load.to(server.address());
        return new Contestant(workbench, loadProgram, peer, toServer, server, behind, patience);
    }

    Peer peer() {
        return peer;
    }

    /// For the time asked for, over brief connections, and then until the compilers have next to
    /// nothing left to do: on a slow machine they need longer, and some programs give them more.
    ///
    /// The last part is at the rate asked for, where one is: a loop that sleeps now and then takes
    /// ways that it has not gone before, and what the compilers make of them is latency.
    void warmUp() throws IOException {
        long beforeNanos = CompilerCpu.nanos(server.pid());
        LoadOptions step = load.warmup();
        double seconds = step.seconds();
        runWarmup(step);
        step = load.churn();
        for (int i = 0; i < patience.churns(); i++) {
            seconds += step.seconds();
            runWarmup(step);
        }
        double left = patience.warmupSecondsMax();
        double partMax = load.isOpenLoop() ? COMPILERS_MAX_OPEN : COMPILERS_MAX;
        double part = load.isOpenLoop() ? 1 : compilersPart(beforeNanos, seconds);
        while (left > 0 && part > partMax) {
            left -= STEP_SECONDS;
            beforeNanos = CompilerCpu.nanos(server.pid());
            runWarmup(load.warmup(STEP_SECONDS));
            part = compilersPart(beforeNanos, STEP_SECONDS);
        }
    }

    /// Measures once, and again where that was disturbed, as often as patience allows.
    void measure() throws IOException {
        Turn best = turn();
        for (int tries = 1;
                tries < patience.triesMax() && best.use.disturbed() > DISTURBED_MAX;
                tries++) {
            workbench
                    .progress()
                    .detail(
                            "again: others had %.0f %% of the server's CPU, %.0f %% of the load's"
                                    .formatted(
                                            best.use.loss().part() * 100,
                                            best.use.loadLoss().part() * 100));
            Turn again = turn();
            best = again.use.disturbed() < best.use.disturbed() ? again : best;
        }
        turns.add(best);
    }

    private Turn turn() throws IOException {
        for (int tries = 1; ; tries++) {
            Gauge gauge = new Gauge(server, behind, workbench.placement(), new ProgressListener());
            LoadResult result = run(load.measured(), gauge);
            ServerUse use = gauge.use(result.cpuNanos());
            if (result.requests() > 0) {
                return new Turn(result, use);
            }
            if (tries == EMPTY_TRIES_MAX || use.disturbed() <= DISTURBED_MAX) {
                throw new IOException(
                        "it answered nothing in %s: %s"
                                .formatted(load.duration(), result.failure()));
            }
        }
    }

    /// Has the system calls of a server counted that does not count them itself.
    ///
    /// @throws IOException when there is nobody to count them
    void trace() throws IOException {
        if (server.hasArgument(workbench.stats(peer).toString())) {
            return;
        }
        Path counts = workbench.scratch().file("perf.csv");
        LoadResult result =
                workbench.run(
                        SystemCallTrace.around(loadProgram, server.pid(), counts),
                        load.traced(),
                        new WarmupListener());
        traced = Round.traced(SystemCallTrace.read(counts), result.requestsInAll());
    }

    /// Has it sampled where its CPU time goes.
    ///
    /// @throws IOException when there is nobody to sample it
    void sample() throws IOException, InterruptedException {
        Path samples = workbench.scratch().file("perf.data");
        LoadResult result =
                workbench.run(
                        Sampling.around(loadProgram, server.pid(), samples),
                        load.sampled(),
                        new WarmupListener());
        Profile profile =
                Sampling.read(
                        samples,
                        server.pid(),
                        server.program(),
                        workbench.scratch().file("perf.txt"));
        requestsInAll += result.requestsInAll();
        profiled = Round.profiled(profile);
    }

    /// Ends the server and tells what was measured of it.
    ///
    /// @param firstNumber of the first turn; those of a number are compared with each other
    List<Round> end(int firstNumber) throws IOException {
        close();
        Path counted = workbench.stats(peer);
        Map<String, Object> stats = traced;
        if (Files.exists(counted)) {
            stats = Json.parse(Files.readString(counted));
        }
        Map<String, Object> first = new HashMap<>(stats);
        first.putAll(profiled);
        List<Round> rounds = new ArrayList<>();
        for (Turn turn : turns) {
            rounds.add(
                    new Round(
                            peer.name(),
                            firstNumber + rounds.size(),
                            load,
                            turn.result.ofInAll(requestsInAll),
                            turn.use,
                            rounds.isEmpty() ? first : stats));
        }
        return rounds;
    }

    @Override
    public void close() {
        server.close();
    }

    private void runWarmup(LoadOptions step) throws IOException {
        LoadResult _ = run(step, new WarmupListener());
    }

    private LoadResult run(LoadOptions options, LoadListener listener) throws IOException {
        LoadResult result = workbench.run(loadProgram, options, listener);
        requestsInAll += result.requestsInAll();
        return result;
    }

    /// What the compilers have had of a CPU since then.
    private double compilersPart(long beforeNanos, double seconds) throws IOException {
        return (CompilerCpu.nanos(server.pid()) - beforeNanos) / (seconds * SECOND_NANOS);
    }

    private final class WarmupListener implements LoadListener {
        @Override
        public void connected() {
            workbench.progress().detail("warming up");
        }

        @Override
        public void measuring() {}

        @Override
        public void progress(double seconds, long requests) {
            workbench.progress().detail("warming up");
        }

        @Override
        public void measured() {}
    }

    private final class ProgressListener implements LoadListener {
        private boolean isWarm;
        private long requestsBefore;

        @Override
        public void connected() {
            workbench.progress().detail("connecting");
        }

        @Override
        public void measuring() {
            isWarm = true;
        }

        @Override
        public void progress(double seconds, long requests) {
            if (!isWarm) {
                requestsBefore = requests;
            } else if (seconds > 0) {
                workbench
                        .progress()
                        .detail(
                                "%,.0f requests/s"
                                        .formatted((requests - requestsBefore) / seconds));
            }
        }

        @Override
        public void measured() {
            workbench.progress().detail("stopping");
        }
    }
}
