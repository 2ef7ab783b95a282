package dev.corio.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Measures peers against each other, and owns the method:
///
/// - a fresh process per peer and round, alone on its CPU, so that no two rounds share what one
///   compiler happened to do, warmed up over connections of its own until the compilers rest;
/// - turns interleaved within a round, A B C A B C, of a second or so each, so that a machine that
///   changes its speed changes it for all peers, and ratios are taken within a turn; who has no
///   turn has nothing to do;
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

    /// Whose servers run now.
    private final Map<Peer, Contestant> running = new LinkedHashMap<>();

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
            throws InterruptedException {
        List<Round> measured = new ArrayList<>();
        progress.timeLeft().expect(peers, rounds, load.lasting(patience.turns()));
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
            throws InterruptedException {
        if (upstream == null || field.isEmpty()) {
            return round(field, null, title, load, number);
        }
        ServerProcess behind;
        try {
            behind = workbench.start(upstream, workbench.placement().loadCpu(), null);
        } catch (IOException e) {
            field.forEach(peer -> leaveOut(peer, "what stands behind it: " + e.getMessage()));
            return List.of();
        }
        try (behind) {
            return round(field, behind, title, load, number);
        }
    }

    private List<Round> round(
            List<Peer> field,
            @Nullable ServerProcess behind,
            String title,
            LoadOptions load,
            int number)
            throws InterruptedException {
        List<Round> rounds = new ArrayList<>();
        try {
            for (Peer peer : field) {
                step(title, peer);
                timed(peer, behind, () -> startWarm(peer, behind, load.turn(patience.turns())));
                progress.timeLeft().warm(peer);
            }
            for (int i = 1; i <= patience.turns(); i++) {
                for (Contestant each : List.copyOf(running.values())) {
                    if (patience.turns() > 1) {
                        step(
                                "%s, turn %d of %d".formatted(title, i, patience.turns()),
                                each.peer());
                    }
                    timed(each.peer(), behind, each::measure);
                }
            }
            int firstNumber = (number - 1) * patience.turns() + 1;
            for (Contestant each : List.copyOf(running.values())) {
                tryWith(
                        each.peer(),
                        behind,
                        () -> {
                            // They are the same in each round, and a load of its own is time.
                            if (number == 1) {
                                look(each);
                            }
                            rounds.addAll(each.end(firstNumber));
                        });
                progress.timeLeft().round(each.peer());
            }
        } finally {
            running.values().forEach(Contestant::close);
            running.clear();
        }
        return rounds;
    }

    private void startWarm(Peer peer, @Nullable ServerProcess behind, LoadOptions turn)
            throws IOException, InterruptedException {
        Contestant contestant =
                Contestant.start(workbench, loadProgram, peer, turn, behind, patience);
        running.put(peer, contestant);
        contestant.warmUp();
    }

    /// As [#tryWith], and part of the time that a round takes.
    private void timed(Peer peer, @Nullable ServerProcess behind, Action action)
            throws InterruptedException {
        tryWith(
                peer,
                behind,
                () -> {
                    progress.timeLeft().begin();
                    action.run();
                    progress.timeLeft().end(peer);
                });
    }

    /// A peer that fails is left out from now on.
    private void tryWith(Peer peer, @Nullable ServerProcess behind, Action action)
            throws InterruptedException {
        try {
            action.run();
        } catch (IOException e) {
            ChildProcess.awaitEndAfterSignal();
            boolean isAlone = behind != null && !behind.isAlive();
            leaveOut(peer, e.getMessage() + (isAlone ? "; what stands behind it has ended" : ""));
        }
    }

    private void leaveOut(Peer peer, @Nullable String reason) {
        Contestant contestant = running.remove(peer);
        if (contestant != null) {
            contestant.close();
        }
        peers.remove(peer);
        progress.timeLeft().leaveOut(peer);
        leftOut.add(peer.name() + " is left out: " + reason);
    }

    /// Without perf nothing else is lost.
    private void look(Contestant contestant) throws InterruptedException {
        if (untraced == null) {
            try {
                contestant.trace();
            } catch (IOException e) {
                untraced =
                        "system calls are counted by perf, which is not to be had: "
                                + e.getMessage();
            }
        }
        if (patience.profiles()) {
            try {
                contestant.sample();
            } catch (IOException e) {
                leftOut.add(contestant.peer().name() + " has no profile: " + e.getMessage());
            }
        }
    }

    private void step(String title, Peer peer) {
        String left = progress.timeLeft().text();
        progress.step("%s, %-18s %s left".formatted(title, peer.name(), left));
    }

    private static String title(LoadOptions load) {
        return "%d × %s%s"
                .formatted(
                        load.connections(),
                        load.message(),
                        load.isOpenLoop() ? " at %,.0f/s".formatted(load.ratePerSecond()) : "");
    }

    @FunctionalInterface
    private interface Action {
        void run() throws IOException, InterruptedException;
    }
}
