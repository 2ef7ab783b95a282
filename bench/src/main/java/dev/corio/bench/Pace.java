package dev.corio.bench;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/// The rates at which peers are compared in an open loop: parts of what the slowest of them can, so
/// that each of them can keep up and all are asked for the same.
///
/// @param slowest the peer with the lowest peak
/// @param peakPerSecond that peak: its median over the turns of a closed loop
///
///   **Threading:** immutable.
record Pace(String slowest, double peakPerSecond) {
    private static final double PERCENT = 100;

    static Pace of(List<Summary> closedLoop) {
        return closedLoop.stream()
                .map(summary -> new Pace(summary.peer(), peak(summary)))
                .min(Comparator.comparingDouble(Pace::peakPerSecond))
                .orElseThrow(() -> new IllegalArgumentException("nobody has a peak"));
    }

    /// The load at that part of the peak, in whole requests per second, at least one.
    LoadOptions at(LoadOptions load, int percent) {
        return load.at(Math.max(1, Math.floor(peakPerSecond * percent / PERCENT)));
    }

    /// As a heading: `64 connections × 128 B, open loop at 25 %, 50 % of what loom can (9,000/s)`.
    String text(LoadOptions load, List<Integer> percents) {
        return "%s, open loop at %s of what %s can (%,.0f/s)"
                .formatted(
                        load.shape(),
                        percents.stream()
                                .map(percent -> percent + " %")
                                .collect(Collectors.joining(", ")),
                        slowest,
                        peakPerSecond);
    }

    private static double peak(Summary summary) {
        return summary.median(round -> round.result().requestsPerSecond());
    }
}
