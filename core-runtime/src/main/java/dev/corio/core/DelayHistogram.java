package dev.corio.core;

import java.util.Arrays;
import java.util.Locale;

/// How long something waited, as counts in buckets whose width doubles: enough to tell a
/// microsecond from a millisecond, in 40 numbers.
///
/// **Threading:** immutable.
public final class DelayHistogram {
    /// Bucket `i` counts delays of `2^(i-1)` to `2^i - 1` ns, the last one all longer ones: those
    /// of more than four minutes.
    static final int BUCKETS = 40;

    /// Nothing waited.
    public static final DelayHistogram ZERO = new DelayHistogram(new long[BUCKETS]);

    private final long[] counts;

    private DelayHistogram(long[] counts) {
        this.counts = counts;
    }

    /// A snapshot of counts that somebody goes on counting.
    static DelayHistogram copyOf(long[] counts) {
        return new DelayHistogram(counts.clone());
    }

    static int bucket(long nanos) {
        return Math.min(Long.SIZE - Long.numberOfLeadingZeros(Math.max(0, nanos)), BUCKETS - 1);
    }

    /// How many delays were counted.
    public long count() {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }

    /// What that share of the delays did not exceed: exact to the next power of two above.
    ///
    /// @param percent 0 to 100
    /// @return nanoseconds; 0 when nothing was counted
    public long percentileNanos(double percent) {
        if (!(percent >= 0 && percent <= 100)) {
            throw new IllegalArgumentException("percent must be 0 to 100: " + percent);
        }
        long rank = Math.max(1, (long) Math.ceil(percent / 100 * count()));
        long sum = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            sum += counts[bucket];
            if (sum >= rank) {
                return (1L << bucket) - 1;
            }
        }
        return 0;
    }

    /// Both together.
    public DelayHistogram plus(DelayHistogram other) {
        return combined(other, 1);
    }

    /// What came after `earlier`.
    public DelayHistogram minus(DelayHistogram earlier) {
        return combined(earlier, -1);
    }

    private DelayHistogram combined(DelayHistogram other, int sign) {
        long[] sums = counts.clone();
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            sums[bucket] += sign * other.counts[bucket];
        }
        return new DelayHistogram(sums);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DelayHistogram that && Arrays.equals(counts, that.counts);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(counts);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "p50 %s, p99 %s, p99.9 %s, max %s",
                text(percentileNanos(50)),
                text(percentileNanos(99)),
                text(percentileNanos(99.9)),
                text(percentileNanos(100)));
    }

    /// A time with two or three digits and its unit.
    static String text(long nanos) {
        if (nanos < 1_000) {
            return nanos + " ns";
        }
        String[] units = {"µs", "ms", "s"};
        double value = nanos / 1e3;
        int unit = 0;
        while (value >= 1_000 && unit < 2) {
            value /= 1_000;
            unit++;
        }
        return String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    }
}
