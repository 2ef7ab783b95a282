package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class CpusTest {
    private static final double NO_QUOTA = Double.POSITIVE_INFINITY;

    @Test
    void takesTheAllowedOnesAndNotTheFirstNumbers() {
        Cpus cpus = new Cpus(List.of(1, 3, 70), NO_QUOTA);
        assertArrayEquals(new int[] {1, 3, 70}, cpus.usable());
        assertTrue(cpus.isPinningUseful());
    }

    @Test
    void quotaLimitsTheirNumberAndForbidsPinning() {
        List<Integer> four = List.of(4, 5, 6, 7);
        assertArrayEquals(new int[] {4}, new Cpus(four, 0.5).usable());
        assertArrayEquals(new int[] {4, 5}, new Cpus(four, 1.5).usable());
        assertArrayEquals(new int[] {4, 5, 6, 7}, new Cpus(four, 100).usable());
        assertFalse(new Cpus(four, 3.9).isPinningUseful());
        assertTrue(new Cpus(four, 4).isPinningUseful());
    }

    @Test
    void whatIsReadHereMakesSense() throws Exception {
        Cpus cpus = Cpus.read();
        assertFalse(cpus.allowed().isEmpty());
        assertTrue(cpus.quota() > 0);
        assertTrue(cpus.usable().length >= 1);
        assertTrue(cpus.usable().length <= cpus.allowed().size());
    }
}
