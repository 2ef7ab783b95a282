package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One server under two clients, ours and one that others wrote, in rounds: what our load generator
/// says is worth as much as the other agrees.
///
/// @param server its name
/// @param load what ours was asked for, a closed loop
/// @param ours each round's reading by our load
/// @param others the same rounds' by the other client
///
///   **Threading:** immutable.
record ClientCheck(String server, LoadOptions load, List<Reading> ours, List<Reading> others) {
    static final String READING =
            "Both clients are closed loops. The one of Redis parses each answer and allocates for it, so it"
                    + " may come to fewer requests/s, and where the server waits for it batches are"
                    + " smaller and a request costs more CPU.";

    private static final String FILE = "load-check.json";

    private static final double MICROS_NANOS = 1_000.0;
    private static final double SECOND_NANOS = 1e9;
    private static final double PERCENT = 100;

    /// Reads what [#write] left in a directory; null when there is none.
    static @Nullable ClientCheck in(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return null;
        }
        try {
            Map<String, Object> map = Json.parse(Files.readString(file));
            return new ClientCheck(
                    Json.text(map, "server"),
                    LoadOptions.of(map),
                    Json.maps(map, "ours").stream().map(Reading::of).toList(),
                    Json.maps(map, "others").stream().map(Reading::of).toList());
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is not what check leaves: " + e.getMessage(), e);
        }
    }

    /// Removes what an earlier [#write] left.
    static void removeFrom(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(FILE));
    }

    /// Leaves all readings in a directory, which is made if need be.
    Path write(Path directory) throws IOException {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("server", server);
        load.addTo(map);
        map.put("ours", ours.stream().map(Reading::toMap).toList());
        map.put("others", others.stream().map(Reading::toMap).toList());
        Files.createDirectories(directory);
        return Files.writeString(directory.resolve(FILE), Json.line(map) + "\n");
    }

    String title() {
        return "%s under two clients, %s; medians of %d rounds of %s"
                .formatted(server, load.text(), ours.size(), load.duration());
    }

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

        static Reading of(Map<String, Object> map) {
            return new Reading(
                    Json.number(map, "requestsPerSecond"),
                    Json.number(map, "p50Micros"),
                    Json.number(map, "p99Micros"),
                    Json.number(map, "maxMicros"),
                    Json.count(map, "requests"),
                    ServerUse.of(map));
        }

        Map<String, Object> toMap() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("requestsPerSecond", requestsPerSecond);
            map.put("p50Micros", p50Micros);
            map.put("p99Micros", p99Micros);
            map.put("maxMicros", maxMicros);
            map.put("requests", requests);
            use.addTo(map);
            return map;
        }

        double cpuMicrosPerRequest() {
            return use.cpuNanos() / MICROS_NANOS / requests;
        }

        /// The server's part of its CPU.
        double busy() {
            return use.cpuNanos() / SECOND_NANOS * requestsPerSecond / requests;
        }
    }
}
