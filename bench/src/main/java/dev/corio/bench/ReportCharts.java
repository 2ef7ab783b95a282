package dev.corio.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// What the curves of a [Report] show, as the page's script reads it.
///
/// **Threading:** safe from any thread.
final class ReportCharts {
    private static final int POINTS_PER_DECADE = 12;
    private static final int DECADES_MAX = 6;
    private static final double MICROS_NANOS = 1_000.0;

    private ReportCharts() {}

    /// Latency over percentile, all rounds together. The axis is the rarity of a request: 1 in 10,
    /// 1 in 100…, as far as there are requests enough to say.
    static Map<String, Object> percentiles(List<Summary> summaries) {
        List<Double> rarity = new ArrayList<>();
        for (int i = 0; i <= POINTS_PER_DECADE * DECADES_MAX; i++) {
            rarity.add(Math.pow(10, (double) i / POINTS_PER_DECADE));
        }
        Map<String, Object> series = new LinkedHashMap<>();
        for (Summary summary : summaries) {
            Histogram all = LoadResult.emptyHistogram();
            summary.rounds().forEach(round -> all.add(round.result().latencies()));
            List<@Nullable Double> micros = new ArrayList<>();
            for (double each : rarity) {
                double percentile = 100 - 100 / each;
                micros.add(
                        each <= all.getTotalCount()
                                ? all.getValueAtPercentile(percentile) / MICROS_NANOS
                                : null);
            }
            series.put(summary.peer(), micros);
        }
        return Map.of("x", rarity, "series", series);
    }

    /// Medians over the number of connections, a group for each size of messages, and how many are
    /// in flight.
    static Map<String, Object> scaling(RawData data) {
        List<Map<String, Object>> groups = new ArrayList<>();
        grouped(data, false, LoadOptions::message)
                .forEach((message, loads) -> {
                    List<Integer> connections =
                            loads.stream().map(LoadOptions::connections).toList();
                    if (connections.stream().distinct().count() > 1) {
                        groups.add(
                                group(
                                        "Requests/s, " + message,
                                        "connections",
                                        connections,
                                        data,
                                        loads,
                                        round -> round.result().requestsPerSecond()));
                        groups.add(
                                group(
                                        "CPU µs per request, " + message,
                                        "connections",
                                        connections,
                                        data,
                                        loads,
                                        Round::cpuMicrosPerRequest));
                    }
                });
        return Map.of("groups", groups);
    }

    /// Medians over the rate of an open loop, a group for each load that had several.
    static Map<String, Object> rates(RawData data) {
        List<Map<String, Object>> groups = new ArrayList<>();
        grouped(data, true, LoadOptions::shape)
                .forEach((shape, loads) -> {
                    if (loads.size() > 1) {
                        loads.sort(Comparator.comparingDouble(LoadOptions::ratePerSecond));
                        groups.add(
                                group(
                                        "p99 µs in an open loop, " + shape,
                                        "requests/s",
                                        loads.stream().map(LoadOptions::ratePerSecond).toList(),
                                        data,
                                        loads,
                                        round -> round.result().micros(99)));
                    }
                });
        return Map.of("groups", groups);
    }

    /// The open or the closed loops that have a curve in common, in their order.
    private static Map<String, List<LoadOptions>> grouped(
            RawData data, boolean areOpenLoops, Function<LoadOptions, String> curve) {
        Map<String, List<LoadOptions>> groups = new LinkedHashMap<>();
        for (LoadOptions load : data.loads()) {
            if (load.isOpenLoop() == areOpenLoops) {
                groups.computeIfAbsent(curve.apply(load), text -> new ArrayList<>()).add(load);
            }
        }
        return groups;
    }

    private static Map<String, Object> group(
            String title,
            String xLabel,
            List<? extends Number> x,
            RawData data,
            List<LoadOptions> loads,
            ToDoubleFunction<Round> value) {
        Map<String, Object> series = new LinkedHashMap<>();
        for (String peer : data.peers()) {
            series.put(
                    peer,
                    loads.stream()
                            .map(load ->
                                    Summary.of(data.rounds(load), data.reference()).stream()
                                            .filter(summary -> summary.peer().equals(peer))
                                            .flatMap(summary -> Stream.of(summary.median(value)))
                                            .findFirst()
                                            .orElse(null))
                            .toList());
        }
        return Map.of("title", title, "xLabel", xLabel, "x", x, "series", series);
    }
}
