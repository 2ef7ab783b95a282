package dev.corio.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Measures peers against each other, and owns the method:
///
/// - a fresh process per peer and round, alone on its CPU, so that no two rounds share what one
///   compiler happened to do, warmed up over connections of its own until the compilers rest;
/// - turns interleaved within a round, A B C A B C, each of them as short as a second or less, so
///   that a machine that changes its speed changes it for all peers, and ratios are taken within a
///   turn; who has no turn sleeps;
/// - a measurement that lost too much of the server's CPU, or of the load's, to the hypervisor or
///   to other processes is repeated; after a few tries the least disturbed stands, and says so;
/// - a peer that cannot start (no compiler, not installed, a kernel that refuses) is left out with
///   its reason, and the rest goes on.
///
/// **Threading:** used by one thread.
final class Comparison {
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

    /// Runs `rounds` rounds of one load over all peers; each measurement goes to `sink` when its
    /// server has ended. The time that the load asks for is divided among the turns of a round.
    List<Round> run(LoadOptions load, int rounds, Consumer<Round> sink)
            throws IOException, InterruptedException {
        List<Round> measured = new ArrayList<>();
        progress.timeLeft().expect(peers, rounds, load);
        for (int number = 1; number <= rounds; number++) {
            // With one turn there is nothing to interleave, and each has the machine for itself.
            for (List<Peer> field : patience.turns() == 1 ? alone() : List.of(peers)) {
                String title = "round %d of %d, %s".formatted(number, rounds, title(load));
                for (Round round : round(List.copyOf(field), title, load, number)) {
                    measured.add(round);
                    sink.accept(round);
                }
            }
        }
        progress.clear();
        return measured;
    }

    private List<List<Peer>> alone() {
        return peers.stream().map(List::of).toList();
    }

    private List<Round> round(List<Peer> field, String title, LoadOptions load, int number)
            throws IOException, InterruptedException {
        if (upstream == null) {
            return round(field, null, title, load, number);
        }
        try (ServerProcess behind =
                workbench.start(upstream, workbench.placement().loadCpu(), null)) {
            return round(field, behind, title, load, number);
        }
    }

    private List<Round> round(
            List<Peer> field,
            @Nullable ServerProcess behind,
            String title,
            LoadOptions load,
            int number)
            throws IOException, InterruptedException {
        LoadOptions turn = load.turn(patience.turns());
        List<Contestant> contestants = new ArrayList<>();
        try {
            for (Peer peer : field) {
                step(title, peer.name());
                tryWith(
                        peer,
                        () -> {
                            Contestant contestant =
                                    Contestant.start(
                                            workbench, loadProgram, peer, turn, behind, patience);
                            contestants.add(contestant);
                            contestant.warmUp();
                        });
            }
            for (int i = 1; i <= patience.turns(); i++) {
                for (Contestant each : competing(contestants)) {
                    if (patience.turns() > 1) {
                        step(
                                "%s, turn %d of %d".formatted(title, i, patience.turns()),
                                each.peer().name());
                    }
                    tryWith(each.peer(), each::measure);
                }
            }
            List<Round> rounds = new ArrayList<>();
            for (Contestant each : competing(contestants)) {
                tryWith(
                        each.peer(),
                        () -> {
                            // They are the same in each round, and a load of its own is time.
                            if (number == 1) {
                                trace(each);
                            }
                            rounds.addAll(each.end((number - 1) * patience.turns() + 1));
                        });
                progress.timeLeft().round(each.peer());
            }
            return rounds;
        } finally {
            contestants.forEach(Contestant::close);
        }
    }

    private List<Contestant> competing(List<Contestant> contestants) {
        return contestants.stream().filter(each -> peers.contains(each.peer())).toList();
    }

    @FunctionalInterface
    private interface Action {
        void run() throws IOException, InterruptedException;
    }

    /// A peer that fails is left out from now on.
    private void tryWith(Peer peer, Action action) throws InterruptedException {
        try {
            progress.timeLeft().begin();
            action.run();
            progress.timeLeft().end(peer);
        } catch (IOException e) {
            ChildProcess.awaitEndAfterSignal();
            peers.remove(peer);
            progress.timeLeft().leaveOut(peer);
            leftOut.add(peer.name() + " is left out: " + e.getMessage());
        }
    }

    /// Without perf nothing else is lost.
    private void trace(Contestant contestant) {
        if (untraced != null) {
            return;
        }
        try {
            contestant.trace();
        } catch (IOException e) {
            untraced =
                    "system calls are counted by perf, which is not to be had: " + e.getMessage();
        }
    }

    private void step(String title, String name) {
        progress.step("%s, %-18s %s left".formatted(title, name, progress.timeLeft().text()));
    }

    private static String title(LoadOptions load) {
        return "%d × %d B%s"
                .formatted(
                        load.connections(),
                        load.sizeBytes(),
                        load.isOpenLoop() ? " at %,.0f/s".formatted(load.ratePerSecond()) : "");
    }
}
