package dev.corio.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
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

    /// Summarises in the order in which the peers first ran.
    static List<Summary> of(List<Round> rounds, String reference) {
        Map<String, List<Round>> byPeer = new LinkedHashMap<>();
        for (Round round : rounds) {
            byPeer.computeIfAbsent(round.peer(), peer -> new ArrayList<>()).add(round);
        }
        List<Round> references = byPeer.getOrDefault(reference, List.of());
        List<Summary> summaries = new ArrayList<>();
        byPeer.forEach((peer, own) ->
                summaries.add(
                        new Summary(
                                peer, own, ratio(own, references, Round::cpuMicrosPerRequest))));
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

    /// A value as a multiple of another peer's in the same turn; null without a common turn.
    @Nullable Spread ratioTo(Summary other, ToDoubleFunction<Round> value) {
        return ratio(rounds, other.rounds, value);
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

    private static @Nullable Spread ratio(
            List<Round> own, List<Round> references, ToDoubleFunction<Round> value) {
        List<Double> ratios = new ArrayList<>();
        for (Round round : own) {
            for (Round reference : references) {
                if (reference.number() == round.number()) {
                    ratios.add(value.applyAsDouble(round) / value.applyAsDouble(reference));
                }
            }
        }
        return ratios.isEmpty()
                ? null
                : Spread.of(ratios.stream().mapToDouble(Double::doubleValue));
    }
}
