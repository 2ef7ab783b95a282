package dev.corio.core;

/// How long tasks that are ready wait until they run. Each sixteenth place in the run queue is
/// looked at, one at a time: two readings of the clock for so many tasks cost a nanosecond or two
/// each.
///
/// **Threading:** confined to its core, but for [#histogram], which may miss the latest.
final class RunQueueDelay {
    private static final int SAMPLED = 16;
    private static final long NONE = -1;

    private final long[] counts = new long[DelayHistogram.BUCKETS];
    private long watchedPlace = NONE;
    private long sinceNanos;

    /// Whether a task that becomes ready at this place should be watched.
    boolean wants(long place) {
        return place % SAMPLED == 0 && watchedPlace == NONE;
    }

    void begin(long place, long nowNanos) {
        watchedPlace = place;
        sinceNanos = nowNanos;
    }

    boolean watches(long place) {
        return place == watchedPlace;
    }

    void end(long nowNanos) {
        watchedPlace = NONE;
        counts[DelayHistogram.bucket(nowNanos - sinceNanos)]++;
    }

    DelayHistogram histogram() {
        return DelayHistogram.copyOf(counts);
    }
}
