package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

@SuppressWarnings("ConstantOverflow") // the clock may overflow, so the test does
final class UpstreamsTest {
    private static final long NOW = Long.MAX_VALUE - 5;

    private final Upstreams upstreams =
            new Upstreams(
                    List.of(
                            InetSocketAddress.createUnresolved("a", 1),
                            InetSocketAddress.createUnresolved("b", 1),
                            InetSocketAddress.createUnresolved("c", 1)),
                    0);

    @Test
    void eachConnectionBeginsOneFurther() {
        assertArrayEquals(new int[] {0, 1, 2}, upstreams.order(NOW));
        assertArrayEquals(new int[] {1, 2, 0}, upstreams.order(NOW));
        assertArrayEquals(new int[] {2, 0, 1}, upstreams.order(NOW));
        assertArrayEquals(new int[] {0, 1, 2}, upstreams.order(NOW));
    }

    @Test
    void aFailedOneIsTriedLast() {
        upstreams.failed(0, NOW);
        assertArrayEquals(new int[] {1, 2, 0}, upstreams.order(NOW));
    }

    @Test
    void aFailedOneIsTriedInTurnAgainAfterItsPause() {
        upstreams.failed(0, NOW);
        assertArrayEquals(
                new int[] {1, 2, 0}, upstreams.order(NOW + Upstreams.PAUSE_MIN_NANOS - 1));
        upstreams.order(NOW);
        upstreams.order(NOW);
        assertArrayEquals(new int[] {0, 1, 2}, upstreams.order(NOW + Upstreams.PAUSE_MIN_NANOS));
    }

    @Test
    void thePauseDoublesUpToALimit() {
        upstreams.failed(0, NOW);
        upstreams.failed(0, NOW);
        assertArrayEquals(
                new int[] {1, 2, 0}, upstreams.order(NOW + 2 * Upstreams.PAUSE_MIN_NANOS - 1));
        for (int i = 0; i < 1000; i++) {
            upstreams.failed(0, NOW);
        }
        upstreams.order(NOW);
        upstreams.order(NOW);
        assertArrayEquals(new int[] {0, 1, 2}, upstreams.order(NOW + Upstreams.PAUSE_MAX_NANOS));
    }

    @Test
    void whenAllFailTheyAreStillTried() {
        for (int i = 0; i < 3; i++) {
            upstreams.failed(i, NOW);
        }
        assertArrayEquals(new int[] {0, 1, 2}, upstreams.order(NOW));
    }

    @Test
    void onlyTheFirstFailureAndTheFirstSuccessAreNews() {
        assertFalse(upstreams.succeeded(0));
        assertTrue(upstreams.failed(0, NOW));
        assertFalse(upstreams.failed(0, NOW));
        assertTrue(upstreams.succeeded(0));
        assertFalse(upstreams.succeeded(0));
    }

    @Test
    void oneUpstreamIsAlwaysTried() {
        var one = new Upstreams(List.of(InetSocketAddress.createUnresolved("a", 1)), 7);
        one.failed(0, NOW);
        assertArrayEquals(new int[] {0}, one.order(NOW));
    }
}
