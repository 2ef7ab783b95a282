package dev.corio.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One measurement of one peer.
///
/// @param peer the server's name
/// @param number the round, from 1: peers of one round ran one after another
/// @param load what was asked
/// @param result what came back
/// @param serverCpuNanos the server's CPU time in the measured seconds, all threads
/// @param stolen part of that time in which the hypervisor had the server's CPU, 0 to 1
/// @param foreign part of it in which other processes had it, 0 to 1
/// @param stats what the server counted of itself from start to end; empty if it does not
///
///   **Threading:** immutable.
record Round(
        String peer,
        int number,
        LoadOptions load,
        LoadResult result,
        long serverCpuNanos,
        double stolen,
        double foreign,
        Map<String, Object> stats) {

    private static final double MICROS_NANOS = 1_000.0;
    private static final double SECOND_NANOS = 1e9;

    double cpuMicrosPerRequest() {
        return serverCpuNanos / MICROS_NANOS / result.requests();
    }

    /// The server's part of its CPU: near 1, it was the bottleneck.
    double busy() {
        return serverCpuNanos / SECOND_NANOS / result.seconds();
    }

    double disturbed() {
        return stolen + foreign;
    }

    @Nullable Double systemCallsPerRequest() {
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
        map.put("sizeBytes", load.sizeBytes());
        map.put("connections", load.connections());
        map.put("idleConnections", load.idleConnections());
        map.put("pipeline", load.pipeline());
        map.put("ratePerSecond", load.ratePerSecond());
        map.put("requestsPerSecond", result.requestsPerSecond());
        map.put("serverCpuNanos", serverCpuNanos);
        map.put("cpuMicrosPerRequest", cpuMicrosPerRequest());
        map.put("busy", busy());
        map.put("stolen", stolen);
        map.put("foreign", foreign);
        map.putAll(result.toMap());
        map.put("stats", stats);
        return map;
    }

    /// The server counts from its start, so the requests of the warm-up count too.
    private @Nullable Double perRequest(String counter) {
        return stats.get(counter) instanceof Number count
                ? count.doubleValue() / result.requestsInAll()
                : null;
    }
}
