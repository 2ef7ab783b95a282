package dev.corio.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that all comparisons share.
///
/// **Threading:** confined to the command's thread.
final class ComparisonOptions {
    private static final List<Integer> SIZES = List.of(128, 16 * 1024);
    private static final List<Integer> CONNECTIONS = List.of(64);
    private static final List<Integer> PIPELINES = List.of(1);
    private static final int PIPELINED_BYTES_MAX = 1024;

    /// At its peak a server has no time to make up for any delay, so its queue only grows.
    private static final int PERCENT_MAX = 99;

    /// Who sends the load.
    enum LoadKind {
        AUTO,
        C,
        JAVA
    }

    private static final Effort QUICK = new Effort(3, 2, 2, SIZES, CONNECTIONS, PIPELINES);
    private static final Effort NORMAL = new Effort(5, 3, 5, SIZES, CONNECTIONS, PIPELINES);
    private static final Effort FULL =
            new Effort(
                    7,
                    4,
                    8,
                    List.of(64, 128, 1024, 16 * 1024),
                    List.of(1, 64, 512, 5000),
                    List.of(1, 16));

    @Option(names = "--quick", description = "3 rounds of 2 s each, for a first look.")
    private boolean isQuick;

    @Option(names = "--full", description = "7 rounds of 8 s, more loads; hours, many.")
    private boolean isFull;

    @Option(names = "--sizes", split = ",", description = "Bytes per message (128,16384).")
    private @Nullable List<Integer> sizes;

    @Option(names = "--connections", split = ",", description = "Busy connections (64).")
    private @Nullable List<Integer> connections;

    @Option(names = "--idle", description = "Idle connections beside them (${DEFAULT-VALUE}).")
    private int idleConnections;

    @Option(names = "--pipeline", split = ",", description = "Messages in flight each (1).")
    private @Nullable List<Integer> pipelines;

    @Option(names = "--rate", description = "Requests per second, open loop; 0 is a closed loop.")
    private double ratePerSecond;

    @Option(
            names = "--at",
            split = ",",
            paramLabel = "PERCENT",
            description =
                    "Then each peer in an open loop too, at these percentages of the slowest one's"
                            + " peak, as in 25,50,75.")
    private List<Integer> percents = List.of();

    @Option(names = "--rounds", description = "Interleaved rounds (5).")
    private @Nullable Integer rounds;

    @Option(
            names = "--turns",
            description =
                    "Turns that each peer has in a round, among which the seconds are divided; with"
                            + " more than one all servers run, and wait between their turns (one"
                            + " for each second; with --idle one).")
    private @Nullable Integer turns;

    @Option(names = "--warmup", description = "Seconds not recorded per round (3).")
    private @Nullable Double warmupSeconds;

    @Option(names = "--seconds", description = "Seconds recorded per round (5).")
    private @Nullable Double seconds;

    @Option(names = "--peers", split = ",", description = "Which ones, by name; see below.")
    private @Nullable List<String> peers;

    @Option(
            names = "--against",
            description =
                    "The peer that ratios are taken to (the first; for rungs the median of all).")
    private @Nullable String reference;

    private boolean prefersMedian;

    @Option(
            names = "--load",
            description = "Who sends: ${COMPLETION-CANDIDATES}; AUTO is C where gcc is.")
    private LoadKind loadKind = LoadKind.AUTO;

    @Option(
            names = "--profile",
            description = {
                "Sample each server with perf, for three seconds of the same load in the first round,"
                        + " and tell where its CPU time goes.",
                "Needs perf (package linux-perf), and root or",
                "kernel.perf_event_paranoid <= 1."
            })
    private boolean profiles;

    @Option(names = "--out", paramLabel = "DIR", description = "Keep raw data there, JSON lines.")
    private @Nullable Path directory;

    @Option(names = "--markdown", description = "Print the tables as Markdown.")
    private boolean isMarkdown;

    LoadKind loadKind() {
        return loadKind;
    }

    @Nullable Path directory() {
        return directory;
    }

    Path directoryOr(Path other) {
        return directory == null ? other : directory;
    }

    boolean profiles() {
        return profiles;
    }

    boolean isMarkdown() {
        return isMarkdown;
    }

    /// What `--at` is where it is not given. A rate that was asked for is the only one.
    void atUnlessGiven(List<Integer> other) {
        if (percents.isEmpty() && ratePerSecond == 0) {
            percents = other;
        }
    }

    /// What ratios are taken to where `--against` does not name somebody who takes part: all peers
    /// of a turn, by their median, if they are enough to have one.
    void preferMedian() {
        prefersMedian = true;
    }

    /// Which parts of the slowest peer's peak an open loop asks for; none without `--at`.
    List<Integer> percents() {
        if (!percents.isEmpty() && ratePerSecond > 0) {
            throw new IllegalArgumentException("--at and --rate exclude each other");
        }
        for (int percent : percents) {
            if (percent < 1 || percent > PERCENT_MAX) {
                throw new IllegalArgumentException(
                        "--at takes percentages from 1 to %d: %d".formatted(PERCENT_MAX, percent));
            }
        }
        return percents;
    }

    int turns() {
        if (turns == null) {
            return idleConnections > 0 ? 1 : (int) Math.max(1, Math.round(recordedSeconds()));
        }
        if (turns < 1) {
            throw new IllegalArgumentException("--turns must be at least 1: " + turns);
        }
        return turns;
    }

    int rounds() {
        return rounds == null ? effort().rounds : rounds;
    }

    /// One load per combination of connections, size and pipeline.
    List<LoadOptions> loads() {
        Effort effort = effort();
        List<LoadOptions> loads = new ArrayList<>();
        for (int count : connections == null ? effort.connections : connections) {
            for (int sizeBytes : sizes == null ? effort.sizes : sizes) {
                for (int pipeline : pipelines == null ? effort.pipelines(sizeBytes) : pipelines) {
                    loads.add(load(count, idleConnections, sizeBytes, pipeline, ratePerSecond));
                }
            }
        }
        return loads;
    }

    /// What the load generator is checked by.
    LoadOptions checkLoad() {
        return load(CONNECTIONS.getFirst(), 0, SIZES.getFirst(), 1, 0);
    }

    private LoadOptions load(int count, int idle, int sizeBytes, int pipeline, double rate) {
        return new LoadOptions(
                LoadOptions.NO_TARGET,
                count,
                idle,
                sizeBytes,
                pipeline,
                warmupSeconds == null ? effort().warmupSeconds : warmupSeconds,
                recordedSeconds(),
                rate);
    }

    /// Refuses names that nobody has.
    void checkNames(List<Peer> known) {
        for (String name : peers == null ? List.<String>of() : peers) {
            checkName(name, known);
        }
        if (reference != null) {
            checkName(reference, known);
        }
    }

    /// The peers asked for, in that order, as far as they take part; the usual without `--peers`.
    List<Peer> choose(List<Peer> usual, List<Peer> all) {
        List<String> names = peers;
        if (names == null) {
            return usual;
        }
        return names.stream()
                .flatMap(name -> all.stream().filter(peer -> peer.name().equals(name)))
                .toList();
    }

    /// What ratios are taken to: the peer asked for if it takes part, else the first, or none but
    /// the median.
    String reference(List<Peer> chosen) {
        String other =
                prefersMedian && chosen.size() > 2 ? Summary.TURN_MEDIAN : chosen.getFirst().name();
        return chosen.stream()
                .map(Peer::name)
                .filter(name -> name.equals(reference))
                .findFirst()
                .orElse(other);
    }

    private double recordedSeconds() {
        return seconds == null ? effort().seconds : seconds;
    }

    private Effort effort() {
        if (isQuick && isFull) {
            throw new IllegalArgumentException("--quick and --full exclude each other");
        }
        return isQuick ? QUICK : isFull ? FULL : NORMAL;
    }

    static void checkName(String name, List<Peer> known) {
        List<String> names = known.stream().map(Peer::name).distinct().toList();
        if (!names.contains(name)) {
            throw new IllegalArgumentException(
                    "no peer is named " + name + "; there are " + String.join(", ", names));
        }
    }

    /// Answers the one of `known` that has this name.
    static Peer peer(String name, List<Peer> known) {
        checkName(name, known);
        return known.stream().filter(peer -> peer.name().equals(name)).findFirst().orElseThrow();
    }

    /// How long it may take.
    private record Effort(
            int rounds,
            double warmupSeconds,
            double seconds,
            List<Integer> sizes,
            List<Integer> connections,
            List<Integer> pipelines) {

        /// One large message is in flight for long enough, and sixteen of 5,000 connections are a
        /// gigabyte.
        List<Integer> pipelines(int sizeBytes) {
            return sizeBytes > PIPELINED_BYTES_MAX ? PIPELINES : pipelines;
        }
    }
}
