package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What is set from outside, by properties that no test is started with.
final class SettingsTest {
    private static final String NAPI = "corio.napi.micros";
    private static final String ZERO_COPY = "corio.send.zerocopy";

    @AfterEach
    void clear() {
        System.clearProperty(NAPI);
        System.clearProperty(ZERO_COPY);
    }

    @Test
    void numbersReachTheOptions() {
        System.setProperty(NAPI, "50");
        System.setProperty(ZERO_COPY, " 4096 ");
        assertEquals(Duration.ofNanos(50_000), CoreOptions.defaults().napiBusyPoll());
        assertEquals(4096, CoreOptions.defaults().sendZeroCopyBytes());
        System.setProperty(ZERO_COPY, " ");
        assertEquals(0, CoreOptions.defaults().sendZeroCopyBytes(), "blank is none");
    }

    @Test
    void whatIsNoNumberIsRefusedByName() {
        System.setProperty(ZERO_COPY, "many");
        assertEquals("corio.send.zerocopy must be a number: many", refusal());
    }

    @Test
    void whatIsOutOfRangeIsRefusedByName() {
        System.setProperty(NAPI, "2000000");
        assertEquals(
                "corio.napi.micros=2000000: napiBusyPoll must be 0, or 1 µs to 1 s: PT2S",
                refusal());
        System.setProperty(NAPI, "-1");
        assertEquals(
                "corio.napi.micros=-1: napiBusyPoll must be 0, or 1 µs to 1 s: PT-0.000001S",
                refusal());
    }

    private static String refusal() {
        return String.valueOf(
                assertThrows(IllegalArgumentException.class, CoreOptions::defaults).getMessage());
    }
}
