package dev.corio.core;

import static dev.corio.core.StallWatch.Verdict.FINE;
import static dev.corio.core.StallWatch.Verdict.OVER;
import static dev.corio.core.StallWatch.Verdict.STALLED;
import static dev.corio.core.StallWatch.Verdict.STILL_STALLED;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/// With a clock and a core of numbers.
final class StallWatchTest {
    private final StallWatch watch = new StallWatch(100);
    private long nowNanos;

    @Test
    void eachStallIsToldOnceAndOnceThatItIsOver() {
        for (int round = 0; round < 3; round++) {
            assertEquals(FINE, after(25, 10 * round, false));
            assertEquals(FINE, after(25, 10 * round + 1, false));
            assertEquals(FINE, after(25, 10 * round + 1, false));
            assertEquals(FINE, after(25, 10 * round + 1, false));
            assertEquals(FINE, after(25, 10 * round + 1, false));
            assertEquals(STALLED, after(25, 10 * round + 1, false));
            assertEquals(100, watch.stalledNanos());
            for (int i = 0; i < 9; i++) {
                assertEquals(STILL_STALLED, after(25, 10 * round + 1, false));
            }
            assertEquals(OVER, after(25, 10 * round + 2, false));
            assertEquals(350, watch.stalledNanos());
        }
    }

    @Test
    void stallRightAfterAStallGetsItsOwnTime() {
        stall(1);
        assertEquals(OVER, after(25, 2, false));
        assertEquals(FINE, after(25, 2, false));
        assertEquals(FINE, after(25, 2, false));
        assertEquals(FINE, after(25, 2, false));
        assertEquals(STALLED, after(25, 2, false));
        assertEquals(100, watch.stalledNanos());
    }

    @Test
    void sleepingCoreIsNotStalledHoweverLong() {
        for (int i = 0; i < 100; i++) {
            assertEquals(FINE, after(25, 1, true));
        }
        assertEquals(FINE, after(25, 1, false));
        assertEquals(FINE, after(25, 1, false));
    }

    @Test
    void processThatStoodStillIsNotAStall() {
        assertEquals(FINE, after(25, 1, false));
        for (int i = 0; i < 10; i++) {
            assertEquals(FINE, after(25, 1, false));
            assertEquals(FINE, after(10_000, 1, false), "stopped and continued");
        }
        assertEquals(FINE, after(25, 1, false));
        assertEquals(FINE, after(25, 1, false));
        assertEquals(FINE, after(25, 1, false));
        assertEquals(STALLED, after(25, 1, false), "but a core that hangs is found all the same");
    }

    @Test
    void retractedStallIsNotOver() {
        stall(1);
        watch.retract();
        assertEquals(FINE, after(25, 2, false));
    }

    private void stall(long progress) {
        assertEquals(FINE, after(25, progress, false));
        for (int i = 0; i < 3; i++) {
            assertEquals(FINE, after(25, progress, false));
        }
        assertEquals(STALLED, after(25, progress, false));
    }

    private StallWatch.Verdict after(long nanos, long progress, boolean isAsleep) {
        nowNanos += nanos;
        return watch.sample(nowNanos, progress, isAsleep);
    }
}
