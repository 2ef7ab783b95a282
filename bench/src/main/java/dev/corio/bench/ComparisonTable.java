package dev.corio.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The numbers of a comparison, as a person reads them.
///
/// **Threading:** safe from any thread.
final class ComparisonTable {
    private static final double BUSY_ENOUGH = 0.9;
    private static final String NONE = "–";

    private ComparisonTable() {}

    static Table of(List<Summary> summaries, String reference) {
        Table table =
                new Table(
                        "server",
                        "requests/s",
                        "p50 µs",
                        "p99 µs",
                        "p99.9 µs",
                        "CPU µs/request",
                        "× " + reference,
                        "system calls/request",
                        "MiB",
                        "busy");
        for (Summary summary : summaries) {
            table.add(
                    summary.peer(),
                    thousands(summary.median(round -> round.result().requestsPerSecond())),
                    thousands(summary.median(round -> round.result().micros(50))),
                    thousands(summary.median(round -> round.result().micros(99))),
                    thousands(summary.median(round -> round.result().micros(99.9))),
                    spread(summary.cpuMicrosPerRequest()),
                    spread(summary.cpuRatio()),
                    calls(summary.systemCallsPerRequest()),
                    mebibytes(summary.median(round -> round.use().residentBytes())),
                    percent(summary.median(Round::busy)));
        }
        return table;
    }

    /// What a reader must know before believing the table.
    static List<String> warnings(List<Summary> summaries) {
        List<String> warnings = new ArrayList<>();
        for (Summary summary : summaries) {
            for (String text : disturbances(summary.uses())) {
                warnings.add(summary.text() + ": " + text);
            }
            if (summary.errors() > 0) {
                warnings.add(
                        "%s: %d errors, the first: %s"
                                .formatted(summary.text(), summary.errors(), failure(summary)));
            }
            boolean isClosedLoop = !summary.load().isOpenLoop();
            if (isClosedLoop && summary.median(Round::busy) < BUSY_ENOUGH) {
                warnings.add(
                        summary.peer()
                                + ": not busy, so its requests/s are the load's limit, not its own");
            }
        }
        return warnings;
    }

    /// What both CPUs lost at most in a turn, be it too little for a warning.
    static String losses(List<Summary> summaries) {
        return ("Lost at most in a turn: of the server's CPU %s to the hypervisor and %s to other"
                        + " processes, of the load's %s and %s.")
                .formatted(
                        most(summaries, use -> use.loss().stolen()),
                        most(summaries, use -> use.loss().foreign()),
                        most(summaries, use -> use.loadLoss().stolen()),
                        most(summaries, use -> use.loadLoss().foreign()));
    }

    private static String most(List<Summary> summaries, ToDoubleFunction<ServerUse> part) {
        double most =
                summaries.stream()
                        .flatMap(summary -> summary.uses().stream())
                        .mapToDouble(part)
                        .max()
                        .orElse(0);
        return "%.1f %%".formatted(most * 100);
    }

    /// Whose CPU went elsewhere, a text for each of the two that did.
    static List<String> disturbances(List<ServerUse> uses) {
        return Stream.concat(
                        disturbance("server", uses.stream().map(ServerUse::loss)),
                        disturbance("load", uses.stream().map(ServerUse::loadLoss)))
                .toList();
    }

    private static Stream<String> disturbance(String whose, Stream<CpuLoss> losses) {
        return CpuLoss.disturbing(losses)
                .map(worst ->
                        "%s of the %s's CPU went elsewhere in the worst turn (%s stolen)"
                                .formatted(percent(worst.part()), whose, percent(worst.stolen())))
                .stream();
    }

    static String thousands(double number) {
        return "%,.0f".formatted(number);
    }

    static String mebibytes(double bytes) {
        return "%,.0f".formatted(bytes / (1 << 20));
    }

    static String percent(double part) {
        return "%.0f %%".formatted(part * 100);
    }

    static String calls(OptionalDouble perRequest) {
        return perRequest.isPresent() ? "%.2f".formatted(perRequest.getAsDouble()) : NONE;
    }

    static String spread(@Nullable Spread spread) {
        return spread == null ? NONE : spread.text("%.2f");
    }

    private static @Nullable String failure(Summary summary) {
        for (Round round : summary.rounds()) {
            if (round.result().failure() != null) {
                return round.result().failure();
            }
        }
        return null;
    }
}
