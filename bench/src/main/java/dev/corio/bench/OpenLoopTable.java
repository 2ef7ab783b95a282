package dev.corio.bench;

import static dev.corio.bench.ComparisonTable.percent;
import static dev.corio.bench.ComparisonTable.spread;
import static dev.corio.bench.ComparisonTable.thousands;

import java.util.List;

/// How long requests take that come at a rate of their own, whoever answers them.
///
/// **Threading:** safe from any thread.
final class OpenLoopTable {
    private static final String MICROS = "%,.0f";

    private OpenLoopTable() {}

    /// A row for each peer and rate. Percentiles are medians of the turns; the maximum is that of
    /// all turns, because the request that waited longest is no less true for being rare.
    static Table of(List<Summary> summaries) {
        Table table =
                new Table(
                        "server",
                        "asked/s",
                        "answered/s",
                        "p50 µs",
                        "p99 µs",
                        "p99.9 µs",
                        "max µs",
                        "CPU µs/request",
                        "busy");
        for (Summary summary : summaries) {
            table.add(
                    summary.peer(),
                    thousands(summary.load().ratePerSecond()),
                    thousands(summary.median(round -> round.result().requestsPerSecond())),
                    thousands(summary.median(round -> round.result().micros(50))),
                    summary.spread(round -> round.result().micros(99)).text(MICROS),
                    summary.spread(round -> round.result().micros(99.9)).text(MICROS),
                    thousands(summary.spread(round -> round.result().maxMicros()).max()),
                    spread(summary.cpuMicrosPerRequest()),
                    percent(summary.median(Round::busy)));
        }
        return table;
    }
}
