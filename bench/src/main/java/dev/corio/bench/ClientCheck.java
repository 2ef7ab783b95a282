package dev.corio.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// One server under two clients, ours and one that others wrote, in rounds: what our load generator
/// says is worth as much as the other agrees.
///
/// @param ours each round's reading by our load
/// @param others the same rounds' by the other client
///
///   **Threading:** immutable.
record ClientCheck(List<Reading> ours, List<Reading> others) {
    private static final double MICROS_NANOS = 1_000.0;
    private static final double SECOND_NANOS = 1e9;
    private static final double PERCENT = 100;

    /// Medians of the rounds, and the median of their differences within a round.
    Table table() {
        Table table =
                new Table(
                        "client",
                        "requests/s",
                        "p50 µs",
                        "p99 µs",
                        "max µs",
                        "CPU µs/request",
                        "busy");
        table.add(row("corio's load", ours));
        table.add(row("redis-benchmark", others));
        table.add(
                "difference",
                difference(Reading::requestsPerSecond),
                difference(Reading::p50Micros),
                difference(Reading::p99Micros),
                difference(Reading::maxMicros),
                difference(Reading::cpuMicrosPerRequest),
                difference(Reading::busy));
        return table;
    }

    /// What the server took under both.
    List<ServerUse> uses() {
        return Stream.concat(ours.stream(), others.stream()).map(Reading::use).toList();
    }

    private static String[] row(String client, List<Reading> readings) {
        return new String[] {
            client,
            ComparisonTable.thousands(median(readings, Reading::requestsPerSecond)),
            ComparisonTable.thousands(median(readings, Reading::p50Micros)),
            ComparisonTable.thousands(median(readings, Reading::p99Micros)),
            ComparisonTable.thousands(median(readings, Reading::maxMicros)),
            "%.2f".formatted(median(readings, Reading::cpuMicrosPerRequest)),
            ComparisonTable.percent(median(readings, Reading::busy))
        };
    }

    private String difference(ToDoubleFunction<Reading> value) {
        double ratio =
                Spread.of(
                                IntStream.range(0, ours.size())
                                        .mapToDouble(index ->
                                                value.applyAsDouble(others.get(index))
                                                        / value.applyAsDouble(ours.get(index))))
                        .median();
        return "%+.0f %%".formatted((ratio - 1) * PERCENT);
    }

    private static double median(List<Reading> readings, ToDoubleFunction<Reading> value) {
        return Spread.of(readings.stream().mapToDouble(value)).median();
    }

    /// What a client says of one run, and what the kernel charged the server for it.
    ///
    /// @param requests how many it had answered
    record Reading(
            double requestsPerSecond,
            double p50Micros,
            double p99Micros,
            double maxMicros,
            long requests,
            ServerUse use) {

        double cpuMicrosPerRequest() {
            return use.cpuNanos() / MICROS_NANOS / requests;
        }

        /// The server's part of its CPU.
        double busy() {
            return use.cpuNanos() / SECOND_NANOS * requestsPerSecond / requests;
        }
    }
}
