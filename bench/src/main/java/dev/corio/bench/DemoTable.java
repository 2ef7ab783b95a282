package dev.corio.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// What the demo shows at its end: the table, and what it means in a sentence.
///
/// **Threading:** safe from any thread.
final class DemoTable {
    private static final double CHANCE = 0.05;

    private DemoTable() {}

    static Table of(List<Summary> summaries) {
        Table table =
                new Table(
                        "proxy on",
                        "requests/s",
                        "p50 µs",
                        "p99 µs",
                        "p99.9 µs",
                        "CPU µs/request",
                        "system calls/request");
        for (Summary summary : summaries) {
            table.add(
                    driver(summary),
                    ComparisonTable.thousands(
                            summary.median(round -> round.result().requestsPerSecond())),
                    ComparisonTable.thousands(summary.median(round -> round.result().micros(50))),
                    ComparisonTable.thousands(summary.median(round -> round.result().micros(99))),
                    ComparisonTable.thousands(summary.median(round -> round.result().micros(99.9))),
                    "%.1f".formatted(summary.cpuMicrosPerRequest().median()),
                    ComparisonTable.calls(summary.systemCallsPerRequest()));
        }
        return table;
    }

    /// The first against the second, by their ratios within a turn, at first that of CPU per
    /// request: what a request costs is the server's own, while requests/s are shared with the load
    /// that waits for them.
    static String reading(List<Summary> summaries) {
        if (summaries.size() < 2) {
            return "So there is only %s to show.".formatted(driver(summaries.getFirst()));
        }
        Summary first = summaries.getFirst();
        Summary second = summaries.getLast();
        List<Double> costs = first.ratiosTo(second, Round::cpuMicrosPerRequest);
        List<Double> rates = first.ratiosTo(second, round -> round.result().requestsPerSecond());
        if (costs.isEmpty()) {
            return "They have no turn in common, so there is nothing to compare.";
        }
        return "Against %s in the same turn, medians and %s of %d turns:%n%s needed %s and carried %s."
                .formatted(
                        driver(second),
                        Spread.bounds(costs.size()),
                        costs.size(),
                        driver(first),
                        difference(costs, "as much", "less", "CPU per request"),
                        difference(rates, "as many", "fewer", "requests per second"));
    }

    /// What a reader must know before believing the table.
    static List<String> warnings(List<Summary> summaries) {
        List<String> warnings = new ArrayList<>();
        warn(warnings, "proxy", summaries, ServerUse::loss);
        warn(warnings, "load", summaries, ServerUse::loadLoss);
        for (Summary summary : summaries) {
            if (summary.errors() > 0) {
                warnings.add(driver(summary) + ": " + summary.errors() + " requests failed");
            }
        }
        return warnings;
    }

    private static void warn(
            List<String> warnings,
            String whose,
            List<Summary> summaries,
            Function<ServerUse, CpuLoss> cpu) {
        List<CpuLoss> turns = uses(summaries).map(cpu).toList();
        CpuLoss.disturbing(turns.stream())
                .ifPresent(worst ->
                        warnings.add(
                                ("Others had more than %s of the %s's CPU in %d of the %d turns of both, up to"
                                                + " %s, which latencies suffer from first.")
                                        .formatted(
                                                ComparisonTable.percent(Contestant.DISTURBED_MAX),
                                                whose,
                                                turns.stream()
                                                        .filter(CpuLoss::isDisturbing)
                                                        .count(),
                                                turns.size(),
                                                ComparisonTable.percent(worst.part()))));
    }

    private static Stream<ServerUse> uses(List<Summary> summaries) {
        return summaries.stream().flatMap(summary -> summary.uses().stream());
    }

    /// In words: `20 % less CPU per request (23 % less to 17 % less)`; where the turns do not agree
    /// on which is more, that they do not.
    private static String difference(List<Double> ratios, String same, String fewer, String what) {
        Spread ratio = Spread.of(ratios);
        String low = side(ratio.low(), fewer);
        String high = side(ratio.high(), fewer);
        if (low.equals(high) && low.startsWith("0 %")) {
            return "%s %s".formatted(same, what);
        }
        if (!agree(ratios)) {
            return "%s %s within noise (%s to %s)".formatted(same, what, low, high);
        }
        return "%s %s (%s to %s)".formatted(side(ratio.median(), fewer), what, low, high);
    }

    /// Whether so many of them are on one side of 1 that chance alone would do it in one case of
    /// twenty (the sign test): of eight all, of twelve ten.
    private static boolean agree(List<Double> ratios) {
        int above = (int) ratios.stream().filter(ratio -> ratio > 1).count();
        int below = (int) ratios.stream().filter(ratio -> ratio < 1).count();
        int count = above + below;
        double ways = 1;
        double atMostFewer = 0;
        for (int i = 0; i <= Math.min(above, below); i++) {
            atMostFewer += ways;
            ways = ways * (count - i) / (i + 1);
        }
        return 2 * atMostFewer / Math.pow(2, count) <= CHANCE;
    }

    private static String side(double ratio, String fewer) {
        double percent = percent(ratio);
        return "%.0f %% %s".formatted(percent, ratio < 1 && percent >= 0.5 ? fewer : "more");
    }

    private static double percent(double ratio) {
        return Math.abs(ratio - 1) * 100;
    }

    private static String driver(Summary summary) {
        return summary.peer().substring(summary.peer().indexOf('-') + 1);
    }
}
