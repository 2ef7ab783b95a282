package dev.corio.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// What the demo shows at its end: the table, and what it means in a sentence.
///
/// **Threading:** safe from any thread.
final class DemoTable {
    private static final double SAME = 0.02;

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

    /// The first against the second, by CPU per request: what a request costs is the server's own,
    /// while requests/s and latencies are shared with the load that waits for them.
    static String reading(List<Summary> summaries) {
        if (summaries.size() < 2) {
            return "So there is only %s to show.".formatted(driver(summaries.getFirst()));
        }
        Summary first = summaries.getFirst();
        Summary second = summaries.getLast();
        double cost = first.cpuRatio() == null ? 1 : first.cpuRatio().median();
        String text =
                "%s needed %s CPU per request %s %s"
                        .formatted(
                                driver(first),
                                difference(cost, "less", "as much"),
                                isSame(cost) ? "as" : "than",
                                driver(second));
        if (uses(summaries).anyMatch(use -> use.disturbed() > Contestant.DISTURBED_MAX)) {
            return text + ".";
        }
        double rate = requestsPerSecond(first) / requestsPerSecond(second);
        return "%s and carried %s requests per second."
                .formatted(text, difference(rate, "fewer", "as many"));
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
        CpuLoss.disturbing(uses(summaries).map(cpu))
                .ifPresent(worst ->
                        warnings.add(
                                ("Other programs or machines had the %s's CPU for up to %s of a"
                                                + " round, so requests/s and latencies say little;"
                                                + " CPU per request holds better.")
                                        .formatted(whose, ComparisonTable.percent(worst.part()))));
    }

    private static Stream<ServerUse> uses(List<Summary> summaries) {
        return summaries.stream().flatMap(summary -> summary.uses().stream());
    }

    private static String difference(double ratio, String fewer, String same) {
        return isSame(ratio)
                ? same
                : "%.0f %% %s".formatted(Math.abs(ratio - 1) * 100, ratio < 1 ? fewer : "more");
    }

    private static boolean isSame(double ratio) {
        return Math.abs(ratio - 1) < SAME;
    }

    private static double requestsPerSecond(Summary summary) {
        return summary.median(round -> round.result().requestsPerSecond());
    }

    private static String driver(Summary summary) {
        return summary.peer().substring(summary.peer().indexOf('-') + 1);
    }
}
