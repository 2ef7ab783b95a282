package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class LimitsTest {
    private static final Duration SHORT = Duration.ofNanos(1_500);
    private static final Duration LONG = Duration.ofMillis(90_000);

    @Test
    void aLimitItselfIsAllowed() {
        assertEquals(2, Limits.atLeast("it", 2, 2));
        assertEquals(2, Limits.within("it", 2, 2, 3));
        assertEquals(3, Limits.within("it", 3, 2, 3));
        assertEquals(8, Limits.powerOfTwo("it", 8, 8, 32));
        assertEquals(32, Limits.powerOfTwo("it", 32, 8, 32));
        assertEquals(32, Limits.zeroOrPowerOfTwo("it", 32, 32));
        assertEquals(SHORT, Limits.zeroOrAtLeast("it", SHORT, SHORT));
        assertEquals(LONG, Limits.zeroOrWithin("it", LONG, SHORT, LONG));
    }

    @Test
    void zeroIsAllowedWhereItMeansNone() {
        assertEquals(0, Limits.zeroOrPowerOfTwo("it", 0, 32));
        assertEquals(Duration.ZERO, Limits.zeroOrAtLeast("it", Duration.ZERO, SHORT));
        assertEquals(Duration.ZERO, Limits.zeroOrWithin("it", Duration.ZERO, SHORT, LONG));
    }

    @Test
    void whatIsRefusedIsToldItsNameItsLimitsAndItself() {
        assertRefused("it must be at least 2: 1", () -> Limits.atLeast("it", 1, 2));
        assertRefused("it must be 2 to 3: 4", () -> Limits.within("it", 4, 2, 3));
        assertRefused(
                "it must be a power of two from 8 to 32: 24",
                () -> Limits.powerOfTwo("it", 24, 8, 32));
        assertRefused(
                "it must be 0, or a power of two up to 32: -2147483648",
                () -> Limits.zeroOrPowerOfTwo("it", Integer.MIN_VALUE, 32));
    }

    @Test
    void durationsAreLimitedInTheLargestUnitThatLeavesNoRest() {
        assertRefused(
                "it must be 0, or at least 1500 ns: PT0.000000001S",
                () -> Limits.zeroOrAtLeast("it", Duration.ofNanos(1), SHORT));
        assertRefused(
                "it must be 0, or 1500 ns to 90 s: PT2400000H",
                () ->
                        Limits.zeroOrWithin(
                                "it", Duration.of(100_000, ChronoUnit.DAYS), SHORT, LONG));
    }

    private static void assertRefused(String text, Executable check) {
        assertEquals(text, assertThrows(IllegalArgumentException.class, check).getMessage());
    }
}
