package dev.corio.bench;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/// The middle of some measurements, and how far they are apart.
///
/// @param low the lower quartile; of fewer than eight measurements the least
/// @param high the upper quartile; of fewer than eight measurements the most
///
///   **Threading:** immutable.
record Spread(double min, double low, double median, double high, double max) {
    /// Of fewer the quartiles say no more than the extremes.
    private static final int QUARTILES_MIN = 8;

    static Spread of(List<Double> values) {
        return of(values.stream().mapToDouble(Double::doubleValue));
    }

    static Spread of(DoubleStream values) {
        double[] sorted = values.toArray();
        if (sorted.length == 0) {
            throw new IllegalArgumentException("a spread needs at least one value");
        }
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median =
                sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        int last = sorted.length - 1;
        int quarter = sorted.length < QUARTILES_MIN ? 0 : sorted.length / 4;
        return new Spread(sorted[0], sorted[quarter], median, sorted[last - quarter], sorted[last]);
    }

    /// What [#low] and [#high] of so many measurements are.
    static String bounds(int count) {
        return count < QUARTILES_MIN ? "min–max" : "quartiles";
    }

    /// The median, and in parentheses low and high.
    ///
    /// @param format of each of them, as in `%.2f`
    String text(String format) {
        return (format + " (" + format + "–" + format + ")").formatted(median, low, high);
    }
}
