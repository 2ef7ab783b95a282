package dev.corio.bench;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/// The middle of some measurements and their extremes.
///
/// **Threading:** immutable.
record Spread(double min, double median, double max) {

    static Spread of(DoubleStream values) {
        double[] sorted = values.toArray();
        if (sorted.length == 0) {
            throw new IllegalArgumentException("a spread needs at least one value");
        }
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median =
                sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(sorted[0], median, sorted[sorted.length - 1]);
    }
}
