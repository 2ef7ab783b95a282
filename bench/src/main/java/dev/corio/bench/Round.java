package dev.corio.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One measurement of one peer.
///
/// @param peer the server's name
/// @param number of the turn over all rounds, from 1: those of a number were one after the other
/// @param load what was asked
/// @param result what came back
/// @param use what the server took of the machine
/// @param stats what the server counted of itself from start to end, or what was counted of it
///
///   **Threading:** immutable.
record Round(
        String peer,
        int number,
        LoadOptions load,
        LoadResult result,
        ServerUse use,
        Map<String, Object> stats) {

    private static final String TRACED_CALLS = "tracedSystemCalls";
    private static final String TRACED_REQUESTS = "tracedRequests";
    private static final String PROFILE = "profile";
    private static final double MICROS_NANOS = 1_000.0;
    private static final double SECOND_NANOS = 1e9;

    /// The [#stats] of a server that others counted, during so many requests.
    static Map<String, Object> traced(long systemCalls, long requests) {
        return Map.of(TRACED_CALLS, systemCalls, TRACED_REQUESTS, requests);
    }

    /// What the [#stats] have of where its CPU time went, in one round.
    static Map<String, Object> profiled(Profile profile) {
        return Map.of(PROFILE, profile.toMap());
    }

    @Nullable Profile profile() {
        return stats.containsKey(PROFILE) ? Profile.of(Json.map(stats, PROFILE)) : null;
    }

    double cpuMicrosPerRequest() {
        return use.cpuNanos() / MICROS_NANOS / result.requests();
    }

    /// The server's part of its CPU: near 1, it was the bottleneck.
    double busy() {
        return use.cpuNanos() / SECOND_NANOS / result.seconds();
    }

    @Nullable Double systemCallsPerRequest() {
        if (stats.get(TRACED_CALLS) instanceof Number calls) {
            return calls.doubleValue() / Json.count(stats, TRACED_REQUESTS);
        }
        return perRequest("systemCalls");
    }

    @Nullable Double entersPerRequest() {
        return perRequest("enters");
    }

    Map<String, @Nullable Object> toMap() {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("event", "round");
        map.put("peer", peer);
        map.put("round", number);
        load.addTo(map);
        map.put("requestsPerSecond", result.requestsPerSecond());
        use.addTo(map);
        map.put("cpuMicrosPerRequest", cpuMicrosPerRequest());
        map.put("busy", busy());
        map.putAll(result.toMap());
        map.put("stats", stats);
        return map;
    }

    /// Reads what [#toMap] wrote.
    static Round of(Map<String, Object> map) {
        return new Round(
                Json.text(map, "peer"),
                (int) Json.count(map, "round"),
                LoadOptions.of(map),
                LoadResult.of(map),
                ServerUse.of(map),
                Json.map(map, "stats"));
    }

    /// The server counts from its start, so the requests of the warm-up count too.
    private @Nullable Double perRequest(String counter) {
        return stats.get(counter) instanceof Number count
                ? count.doubleValue() / result.requestsInAll()
                : null;
    }
}
