package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Measures peers against each other, and owns the method:
///
/// - a fresh process per measurement, alone on its CPU, so that no two measurements share what one
///   compiler happened to do, warmed up over connections of its own until the compilers rest;
/// - rounds interleaved, A B C A B C, so that a slow minute of the machine slows all peers, and
///   ratios are taken within a round;
/// - a measurement that lost too much of the server's CPU, or of the load's, to the hypervisor or
///   to other processes is repeated; after a few tries the least disturbed stands, and says so;
/// - a peer that cannot start (no compiler, not installed, a kernel that refuses) is left out with
///   its reason, and the rest goes on.
///
/// **Threading:** used by one thread.
final class Comparison {
    /// Part of the server's CPU, or of the load's, that went elsewhere, above which a measurement
    /// is not believed.
    static final double DISTURBED_MAX = 0.05;

    /// The step in which warming up goes on, and the part of it that the compilers may have of a
    /// CPU in the last one.
    private static final double STEP_SECONDS = 1.0;

    private static final double COMPILERS_MAX = 0.02;

    /// At a rate: they take some milliseconds at a time, and one request in a hundred is p99.
    private static final double COMPILERS_MAX_OPEN = 0.005;

    private static final double SECOND_NANOS = 1e9;

    private final Workbench workbench;
    private final Progress progress;
    private final List<String> loadProgram;
    private final @Nullable Peer upstream;
    private final List<Peer> peers;
    private final Patience patience;
    private final List<String> leftOut = new ArrayList<>();
    private @Nullable String untraced;

    /// @param upstream what stands behind the peers when they are proxies; it runs beside the load
    Comparison(
            Workbench workbench,
            List<String> loadProgram,
            @Nullable Peer upstream,
            List<Peer> peers,
            Patience patience) {
        this.workbench = workbench;
        this.progress = workbench.progress();
        this.loadProgram = loadProgram;
        this.upstream = upstream;
        this.peers = new ArrayList<>(peers);
        this.patience = patience;
    }

    /// Why each peer that is missing in the results is missing, a sentence each.
    List<String> leftOut() {
        return leftOut;
    }

    /// Why the system calls of peers that do not count them are unknown, or null if they are not.
    @Nullable String untraced() {
        return untraced;
    }

    /// Runs `rounds` rounds of one load over all peers; each measurement goes to `sink` at once.
    List<Round> run(LoadOptions load, int rounds, Consumer<Round> sink)
            throws IOException, InterruptedException {
        List<Round> measured = new ArrayList<>();
        progress.timeLeft().expect(peers, rounds, load);
        for (int number = 1; number <= rounds; number++) {
            for (Peer peer : List.copyOf(peers)) {
                progress.step(title(peer, load, number, rounds));
                Round round = measureOrLeaveOut(peer, load, number);
                if (round != null) {
                    measured.add(round);
                    sink.accept(round);
                }
            }
        }
        progress.clear();
        return measured;
    }

    private @Nullable Round measureOrLeaveOut(Peer peer, LoadOptions load, int number)
            throws InterruptedException {
        try {
            progress.timeLeft().begin();
            Round round = measureUndisturbed(peer, load, number);
            progress.timeLeft().end(peer);
            return round;
        } catch (IOException e) {
            ChildProcess.awaitEndAfterSignal();
            peers.remove(peer);
            progress.timeLeft().leaveOut(peer);
            leftOut.add(peer.name() + " is left out: " + e.getMessage());
            return null;
        }
    }

    private Round measureUndisturbed(Peer peer, LoadOptions load, int number)
            throws IOException, InterruptedException {
        Round best = measure(peer, load, number);
        for (int tries = 1;
                tries < patience.triesMax() && best.use().disturbed() > DISTURBED_MAX;
                tries++) {
            progress.detail(
                    "again: others had %.0f %% of the server's CPU, %.0f %% of the load's"
                            .formatted(
                                    best.use().loss().part() * 100,
                                    best.use().loadLoss().part() * 100));
            Round again = measure(peer, load, number);
            best = again.use().disturbed() < best.use().disturbed() ? again : best;
        }
        return best;
    }

    private Round measure(Peer peer, LoadOptions load, int number)
            throws IOException, InterruptedException {
        if (upstream == null) {
            return measure(peer, load, number, null);
        }
        try (ServerProcess server =
                workbench.start(upstream, workbench.placement().loadCpu(), null)) {
            return measure(peer, load, number, server);
        }
    }

    private Round measure(Peer peer, LoadOptions load, int number, @Nullable ServerProcess behind)
            throws IOException, InterruptedException {
        Path stats = workbench.stats(peer);
        Files.deleteIfExists(stats);
        Gauge gauge;
        LoadResult result;
        Map<String, Object> traced;
        try (ServerProcess server =
                workbench.start(
                        peer,
                        workbench.placement().serverCpu(),
                        behind == null ? null : behind.address())) {
            gauge = new Gauge(server, behind, workbench.placement(), new ProgressListener());
            LoadOptions toServer = load.to(server.address());
            LoadResult warmup = warmUp(server, toServer);
            result = run(toServer.measured(), gauge).after(warmup);
            // They are the same in each round, and a load of its own is time.
            traced = number == 1 ? trace(peer, server, toServer) : Map.of();
        }
        if (result.requests() == 0) {
            throw new IOException(
                    "it answered nothing in %s: %s".formatted(load.duration(), result.failure()));
        }
        return new Round(
                peer.name(),
                number,
                load,
                result,
                gauge.use(result.cpuNanos()),
                Files.exists(stats) ? Json.parse(Files.readString(stats)) : traced);
    }

    /// For the time asked for, over brief connections, and then until the compilers have next to
    /// nothing left to do: on a slow machine they need longer, and some programs give them more.
    ///
    /// The last part is at the rate asked for, where one is: a loop that sleeps now and then takes
    /// ways that it has not gone before, and what the compilers make of them is latency.
    private LoadResult warmUp(ServerProcess server, LoadOptions load) throws IOException {
        long beforeNanos = CompilerCpu.nanos(server.pid());
        LoadOptions step = load.warmup();
        double seconds = step.seconds();
        LoadResult all = run(step, new WarmupListener());
        step = load.churn();
        for (int i = 0; i < patience.churns(); i++) {
            seconds += step.seconds();
            all = run(step, new WarmupListener()).after(all);
        }
        double left = patience.warmupSecondsMax();
        double partMax = load.isOpenLoop() ? COMPILERS_MAX_OPEN : COMPILERS_MAX;
        double part = load.isOpenLoop() ? 1 : compilersPart(server, beforeNanos, seconds);
        while (left > 0 && part > partMax) {
            left -= STEP_SECONDS;
            beforeNanos = CompilerCpu.nanos(server.pid());
            all = run(load.warmup(STEP_SECONDS), new WarmupListener()).after(all);
            part = compilersPart(server, beforeNanos, STEP_SECONDS);
        }
        return all;
    }

    /// What the compilers have had of a CPU since then.
    private static double compilersPart(ServerProcess server, long beforeNanos, double seconds)
            throws IOException {
        return (CompilerCpu.nanos(server.pid()) - beforeNanos) / (seconds * SECOND_NANOS);
    }

    /// The system calls of a peer that does not count them. Without perf nothing else is lost.
    private Map<String, Object> trace(Peer peer, ServerProcess server, LoadOptions load) {
        boolean isCounting = server.hasArgument(workbench.stats(peer).toString());
        if (isCounting || untraced != null) {
            return Map.of();
        }
        Path counts = workbench.scratch().file("perf.csv");
        try {
            LoadResult result =
                    workbench.run(
                            SystemCallTrace.around(loadProgram, server.pid(), counts),
                            load.traced(),
                            new WarmupListener());
            return Round.traced(SystemCallTrace.read(counts), result.requestsInAll());
        } catch (IOException e) {
            untraced =
                    "system calls are counted by perf, which is not to be had: " + e.getMessage();
            return Map.of();
        }
    }

    private LoadResult run(LoadOptions load, LoadListener listener) throws IOException {
        return workbench.run(loadProgram, load, listener);
    }

    private String title(Peer peer, LoadOptions load, int number, int rounds) {
        String rate = load.isOpenLoop() ? " at %,.0f/s".formatted(load.ratePerSecond()) : "";
        return "round %d of %d, %d × %d B%s, %-18s %s left"
                .formatted(
                        number,
                        rounds,
                        load.connections(),
                        load.sizeBytes(),
                        rate,
                        peer.name(),
                        progress.timeLeft().text());
    }

    private final class WarmupListener implements LoadListener {
        @Override
        public void connected() {
            progress.detail("warming up");
        }

        @Override
        public void measuring() {}

        @Override
        public void progress(double seconds, long requests) {
            progress.detail("warming up");
        }

        @Override
        public void measured() {}
    }

    private final class ProgressListener implements LoadListener {
        private boolean isWarm;
        private long requestsBefore;

        @Override
        public void connected() {
            progress.detail("warming up");
        }

        @Override
        public void measuring() {
            isWarm = true;
        }

        @Override
        public void progress(double seconds, long requests) {
            if (!isWarm) {
                requestsBefore = requests;
                progress.detail("warming up");
            } else if (seconds > 0) {
                progress.detail(
                        "%,.0f requests/s".formatted((requests - requestsBefore) / seconds));
            }
        }

        @Override
        public void measured() {
            progress.detail("stopping");
        }
    }
}
