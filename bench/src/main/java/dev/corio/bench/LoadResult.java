package dev.corio.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// What a load has measured.
///
/// @param requests answers that came within the measured time
/// @param seconds the measured time
/// @param requestsInAll those of the warm-up too
/// @param latencies nanoseconds from (intended) start to whole answer
/// @param errors requests that failed or had no answer
/// @param failure the first error's text
/// @param cpuNanos the load's own CPU time within the measured time, 0 where it was not written
///
///   **Threading:** the histogram is not safe to change; nobody does once it is here.
record LoadResult(
        long requests,
        double seconds,
        long requestsInAll,
        Histogram latencies,
        long errors,
        @Nullable String failure,
        long cpuNanos) {

    static final long LATENCY_NANOS_MAX = 60_000_000_000L;
    private static final String CPU = "loadCpuNanos";
    private static final int DIGITS = 3;
    private static final double MICROS_NANOS = 1_000.0;

    static Histogram emptyHistogram() {
        return new Histogram(LATENCY_NANOS_MAX, DIGITS);
    }

    /// As a part of so many requests that the same server has had.
    LoadResult ofInAll(long all) {
        return new LoadResult(requests, seconds, all, latencies, errors, failure, cpuNanos);
    }

    double requestsPerSecond() {
        return requests / seconds;
    }

    double micros(double percentile) {
        return latencies.getValueAtPercentile(percentile) / MICROS_NANOS;
    }

    double maxMicros() {
        return latencies.getMaxValue() / MICROS_NANOS;
    }

    /// The whole histogram travels along, in HdrHistogram's own compressed form, so that a report
    /// can draw curves and merge rounds later.
    Map<String, @Nullable Object> toMap() {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("requests", requests);
        map.put("seconds", seconds);
        map.put("requestsInAll", requestsInAll);
        map.put("errors", errors);
        map.put("failure", failure);
        map.put("p50Micros", micros(50));
        map.put("p90Micros", micros(90));
        map.put("p99Micros", micros(99));
        map.put("p999Micros", micros(99.9));
        map.put("maxMicros", maxMicros());
        map.put(CPU, cpuNanos);
        map.put("histogram", encode(latencies));
        return map;
    }

    /// Reads what [#toMap] wrote, or the same with plain `buckets` as the load in C writes them.
    static LoadResult of(Map<String, Object> map) {
        return new LoadResult(
                Json.count(map, "requests"),
                Json.number(map, "seconds"),
                Json.count(map, "requestsInAll"),
                map.get("buckets") instanceof List<?> buckets
                        ? histogram(buckets)
                        : decode(Json.text(map, "histogram")),
                Json.count(map, "errors"),
                (String) map.get("failure"),
                map.containsKey(CPU) ? Json.count(map, CPU) : 0);
    }

    private static String encode(Histogram histogram) {
        ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(bytes);
        return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
    }

    private static Histogram histogram(List<?> buckets) {
        Histogram histogram = emptyHistogram();
        for (Object bucket : buckets) {
            if (bucket instanceof List<?> pair
                    && pair.size() == 2
                    && pair.getFirst() instanceof Number nanos
                    && pair.getLast() instanceof Number count) {
                histogram.recordValueWithCount(
                        Math.min(nanos.longValue(), LATENCY_NANOS_MAX), count.longValue());
            } else {
                throw new IllegalArgumentException("not a [nanoseconds, count] pair: " + bucket);
            }
        }
        return histogram;
    }

    private static Histogram decode(String text) {
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text));
        try {
            return Histogram.decodeFromCompressedByteBuffer(bytes, 0);
        } catch (DataFormatException e) {
            throw new IllegalArgumentException("not a compressed histogram: " + text, e);
        }
    }
}
