package dev.corio.bench.micro;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/// How long timeouts are that are set and cancelled again, and those of the others that are set all
/// the while: one to two hours, at random, so that each lands anywhere among the others. The same
/// ones in each run.
///
/// **Threading:** immutable.
public final class TimerDelays {
    private static final int COUNT = 1 << 12;

    private final Duration[] delays = new Duration[COUNT];

    /// Draws them.
    public TimerDelays() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < COUNT; i++) {
            delays[i] = drawn(random);
        }
    }

    /// One of them; they come again and again.
    public Duration at(int i) {
        return delays[i & COUNT - 1];
    }

    /// The delays of others, drawn anew.
    public void forEachOther(int others, Consumer<Duration> action) {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < others; i++) {
            action.accept(drawn(random));
        }
    }

    private static Duration drawn(SplittableRandom random) {
        return Duration.ofNanos(random.nextLong(3_600_000_000_000L, 7_200_000_000_000L));
    }
}
