package dev.corio.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One peer over all turns of one load.
///
/// @param peer the server's name
/// @param rounds its measurements
/// @param cpuRatio its CPU per request as a multiple of the reference's *in the same turn*: what
///   the whole machine did in those seconds hits both and cancels; null without a common turn
///
///   **Threading:** immutable.
record Summary(String peer, List<Round> rounds, @Nullable Spread cpuRatio) {

    /// As a reference: no peer, but the median of all in a turn; the luck of one process would be
    /// in each ratio.
    static final String TURN_MEDIAN = "the turn's median";

    /// Summarises in the order in which the peers first ran.
    ///
    /// @param reference a peer's name or [#TURN_MEDIAN]
    static List<Summary> of(List<Round> rounds, String reference) {
        Map<String, List<Round>> byPeer = new LinkedHashMap<>();
        for (Round round : rounds) {
            byPeer.computeIfAbsent(round.peer(), peer -> new ArrayList<>()).add(round);
        }
        List<Round> references =
                reference.equals(TURN_MEDIAN) ? rounds : byPeer.getOrDefault(reference, List.of());
        List<Summary> summaries = new ArrayList<>();
        byPeer.forEach((peer, own) -> {
            List<Double> ratios = ratios(own, references, Round::cpuMicrosPerRequest);
            summaries.add(new Summary(peer, own, ratios.isEmpty() ? null : Spread.of(ratios)));
        });
        return summaries;
    }

    /// The one load of all its turns.
    LoadOptions load() {
        return rounds.getFirst().load();
    }

    /// Its peer, and in an open loop the rate.
    String text() {
        return load().isOpenLoop() ? "%s at %,.0f/s".formatted(peer, load().ratePerSecond()) : peer;
    }

    /// What it took of the machine in each turn.
    List<ServerUse> uses() {
        return rounds.stream().map(Round::use).toList();
    }

    Spread spread(ToDoubleFunction<Round> value) {
        return Spread.of(rounds.stream().mapToDouble(value));
    }

    double median(ToDoubleFunction<Round> value) {
        return spread(value).median();
    }

    Spread cpuMicrosPerRequest() {
        return spread(Round::cpuMicrosPerRequest);
    }

    /// A value as a multiple of another peer's in the same turn, for each turn that both have.
    List<Double> ratiosTo(Summary other, ToDoubleFunction<Round> value) {
        return ratios(rounds, other.rounds, value);
    }

    /// The turns' mean, where the peer counts its system calls.
    OptionalDouble systemCallsPerRequest() {
        return rounds.stream()
                .flatMap(round -> Stream.ofNullable(round.systemCallsPerRequest()))
                .mapToDouble(Double::doubleValue)
                .average();
    }

    /// Where its CPU time goes, if that was sampled.
    @Nullable Profile profile() {
        return rounds.stream()
                .flatMap(round -> Stream.ofNullable(round.profile()))
                .findFirst()
                .orElse(null);
    }

    long errors() {
        return rounds.stream().mapToLong(round -> round.result().errors()).sum();
    }

    /// Each of `own` to the median of the references of its turn.
    private static List<Double> ratios(
            List<Round> own, List<Round> references, ToDoubleFunction<Round> value) {
        List<Double> ratios = new ArrayList<>();
        for (Round round : own) {
            double[] others =
                    references.stream()
                            .filter(reference -> reference.number() == round.number())
                            .mapToDouble(value)
                            .toArray();
            if (others.length > 0) {
                double median = Spread.of(DoubleStream.of(others)).median();
                ratios.add(value.applyAsDouble(round) / median);
            }
        }
        return ratios;
    }
}
