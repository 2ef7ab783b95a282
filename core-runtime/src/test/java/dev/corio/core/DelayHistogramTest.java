package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DelayHistogramTest {
    @Test
    void percentilesAreExactToTheNextPowerOfTwo() {
        Random random = Seed.random("DelayHistogramTest");
        for (int round = 0; round < 200; round++) {
            long[] delays =
                    random.longs(1 + random.nextInt(1000), 0, 1L << 1 + random.nextInt(36))
                            .sorted()
                            .toArray();
            DelayHistogram histogram = of(delays);
            assertEquals(delays.length, histogram.count());
            for (double percent : new double[] {0, 10, 50, 90, 99, 99.9, 100}) {
                int rank = Math.max(1, (int) Math.ceil(percent / 100 * delays.length));
                long exact = delays[rank - 1];
                long answer = histogram.percentileNanos(percent);
                assertTrue(answer >= exact && answer <= 2 * exact, answer + " for " + exact);
            }
        }
    }

    @Test
    void sumsAndDifferencesUndoEachOther() {
        DelayHistogram one = of(1, 2, 3, 1000);
        DelayHistogram other = of(0, 3, 1L << 50);
        assertEquals(one, one.plus(other).minus(other));
        assertEquals(DelayHistogram.ZERO, one.minus(one));
        assertNotEquals(one, other);
        assertEquals(7, one.plus(other).count());
    }

    @Test
    void takesTheShortestTheLongestAndNone() {
        assertEquals(0, DelayHistogram.ZERO.percentileNanos(99));
        assertEquals(0, of(0).percentileNanos(100));
        assertEquals((1L << 39) - 1, of(Long.MAX_VALUE).percentileNanos(100));
        assertEquals(
                "p50 63 ns, p99 8.2 µs, p99.9 8.2 µs, max 8.2 µs", of(40, 50, 5000).toString());
        assertThrows(
                IllegalArgumentException.class, () -> DelayHistogram.ZERO.percentileNanos(101));
    }

    @Test
    void watchesOnePlaceAtATime() {
        RunQueueDelay delay = new RunQueueDelay();
        assertTrue(delay.wants(32));
        delay.begin(32, 100);
        assertTrue(!delay.wants(48) && !delay.watches(31) && delay.watches(32));
        delay.end(1100);
        assertTrue(delay.wants(48) && !delay.wants(49));
        assertEquals(of(1000), delay.histogram());
    }

    private static DelayHistogram of(long... delays) {
        long[] counts = new long[DelayHistogram.BUCKETS];
        Arrays.stream(delays).forEach(nanos -> counts[DelayHistogram.bucket(nanos)]++);
        return DelayHistogram.copyOf(counts);
    }
}
