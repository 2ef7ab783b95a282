package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TimeLeftTest {
    private static final Peer FAST = peer("fast");
    private static final Peer SLOW = peer("slow");
    private static final Peer PROXY = peer("proxy");

    /// A start, 3 s of warming up, 5 s.
    private static final LoadOptions TEN_SECONDS =
            new LoadOptions(new InetSocketAddress(7), 4, 0, 128, 1, 3, 5, 0);

    private long nowNanos = TimeUnit.DAYS.toNanos(-1);
    private final TimeLeft timeLeft = new TimeLeft(() -> nowNanos);

    @Test
    void nothingIsLeftOfNothing() {
        assertEquals("0:00", timeLeft.text());
    }

    @Test
    void beforeTheFirstMeasurementItIsWhatTheOptionsAddUpTo() {
        timeLeft.expect(List.of(FAST, SLOW), 6, TEN_SECONDS);
        assertEquals("2:00", timeLeft.text());
    }

    @Test
    void aPeerNotYetMeasuredTakesWhatAllHaveTaken() {
        timeLeft.expect(List.of(FAST, SLOW), 3, TEN_SECONDS);
        measure(FAST, 20);
        assertEquals("1:40", timeLeft.text(), "2 and 3 of 20 s");
    }

    @Test
    void aPeerTakesWhatItHasTakenOnAverage() {
        timeLeft.expect(List.of(FAST, SLOW), 3, TEN_SECONDS);
        measure(FAST, 9);
        measure(SLOW, 40);
        measure(FAST, 11);
        assertEquals("1:30", timeLeft.text(), "1 of 10 s and 2 of 40 s");
        measure(SLOW, 20);
        assertEquals("0:40", timeLeft.text(), "1 of 10 s and 1 of 30 s");
    }

    @Test
    void whatAPeerHasHadOfARoundIsTakenOff() {
        timeLeft.expect(List.of(FAST, SLOW), 2, TEN_SECONDS);
        spend(FAST, 8);
        assertEquals("0:32", timeLeft.text(), "2 of 20 s, less 8");
        spend(SLOW, 12);
        spend(FAST, 1);
        spend(SLOW, 1);
        assertEquals("0:18", timeLeft.text(), "2 of 20 s, less 9 and 13");
        timeLeft.round(FAST);
        timeLeft.round(SLOW);
        assertEquals("0:22", timeLeft.text(), "9 and 13");
    }

    @Test
    void whoIsNotWarmYetTakesAsLongForItAsThoseWhoAre() {
        timeLeft.expect(List.of(FAST, SLOW), 1, TEN_SECONDS);
        spend(FAST, 25);
        timeLeft.warm(FAST);
        assertEquals("0:35", timeLeft.text(), "5 s, and 25 + 5");
        spend(SLOW, 45);
        timeLeft.warm(SLOW);
        assertEquals("0:10", timeLeft.text(), "twice 5 s");
        spend(FAST, 5);
        timeLeft.round(FAST);
        assertEquals("0:05", timeLeft.text());
    }

    @Test
    void whatPassesBetweenMeasurementsIsNotTheirs() {
        timeLeft.expect(List.of(FAST), 3, TEN_SECONDS);
        measure(FAST, 8);
        nowNanos += TimeUnit.HOURS.toNanos(1);
        measure(FAST, 8);
        assertEquals("0:08", timeLeft.text());
    }

    @Test
    void itIsThatOfTheWholeRunAndNotOfTheLoadThatBeginsNow() {
        timeLeft.expect(List.of(PROXY), 3, TEN_SECONDS);
        timeLeft.expect(List.of(FAST), 4, TEN_SECONDS);
        timeLeft.expect(List.of(FAST), 2, TEN_SECONDS);
        assertEquals("1:10", timeLeft.text(), "3 and 4 of 10 s");
        measure(FAST, 20);
        timeLeft.expect(List.of(FAST), 2, TEN_SECONDS);
        assertEquals("2:00", timeLeft.text(), "3 and 3 of 20 s");
    }

    @Test
    void aPeerThatIsLeftOutTakesNothing() {
        timeLeft.expect(List.of(FAST, SLOW), 100, TEN_SECONDS);
        measure(SLOW, 10);
        timeLeft.leaveOut(FAST);
        assertEquals("16:30", timeLeft.text());
    }

    private void measure(Peer peer, int seconds) {
        spend(peer, seconds);
        timeLeft.round(peer);
    }

    private void spend(Peer peer, int seconds) {
        timeLeft.begin();
        nowNanos += TimeUnit.SECONDS.toNanos(seconds);
        timeLeft.end(peer);
    }

    private static Peer peer(String name) {
        return new Peer(name, "", site -> List.of());
    }
}
