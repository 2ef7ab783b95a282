package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LeakDetectorTest {
    private static final int COLLECTIONS_MAX = 200;

    @EveryDriver
    void bufferThatIsForgottenIsReportedOnceForItsPlaceWithTaskAndStack(DriverUnderTest driver)
            throws Exception {
        try (Logged log = new Logged()) {
            try (Cores cores = Cores.start(driver.options())) {
                Core core = cores.core(0);
                core.spawn("forgetful", () -> forget(3)).join();
                core.spawn("test", () -> collect(core, log)).join();
                List<String> reports = log.with("LEAK: IoBuffer");
                assertEquals(1, reports.size(), reports.toString());
                assertTrue(
                        reports.getFirst().contains("capacity=512] of task forgetful was never"),
                        reports.getFirst());
                assertEquals(1, log.stacksWith("forgetOne"));
            }
            assertEquals(1, log.with("LEAK: 3 were leased or opened here").size());
        }
    }

    @EveryDriver
    void bufferThatIsHeldWhenTheCoreEndsIsReported(DriverUnderTest driver) throws Exception {
        List<IoBuffer> held = new ArrayList<>();
        try (Logged log = new Logged()) {
            try (Cores cores = Cores.start(driver.options())) {
                cores.core(0).spawn("keeper", () -> held.add(IoBuffer.lease(512))).join();
            }
            assertEquals(1, log.with("of task keeper was not closed when core 0").size());
        }
        assertEquals(1, held.size());
    }

    @EveryDriver
    void holderOfAFileThatIsForgottenIsReported(DriverUnderTest driver) throws Exception {
        try (Logged log = new Logged();
                Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            core.spawn("opener", LeakDetectorTest::open).join();
            core.spawn("test", () -> collect(core, log)).join();
            assertEquals(1, log.with("LEAK: Holder[fd=").size());
        }
    }

    @EveryDriver
    void whatIsClosedIsNotReported(DriverUnderTest driver) throws Exception {
        try (Logged log = new Logged()) {
            driver.run(core -> {
                for (int i = 0; i < 100; i++) {
                    IoBuffer.lease(512).close();
                    Descriptor file = LoopbackListener.socket();
                    file.heldBy(new Holder(file));
                    file.close();
                }
                System.gc();
                Turns.pass(core, 2);
                core.leaks().look();
            });
            assertEquals(List.of(), log.with("LEAK"));
        }
    }

    @Test
    void refusalOfAClosedBufferSaysWhereItWasLeasedAndClosed() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            IoBuffer buffer = IoBuffer.lease(512);
            closeElsewhere(buffer);
            var refusal = assertThrows(IllegalStateException.class, buffer::get);
            String text = refusal.getMessage();
            assertTrue(text.startsWith("the buffer was closed (leased by task test at "), text);
            assertTrue(text.contains("refusalOfAClosedBuffer"), text);
            assertTrue(text.contains("closed by task test at "), text);
            assertTrue(text.contains("closeElsewhere"), text);
            assertNotNull(refusal.getCause());
        });
    }

    @Test
    void samplingWatchesOneOfAboutSoManyInNoPattern() throws Exception {
        sampled(
                LeakDetection.SAMPLED,
                core -> {
                    int rounds = 1000;
                    int watched = 0;
                    int odd = 0;
                    for (int i = 0; i < rounds * LeakDetector.PERIOD; i++) {
                        Watch watch = core.leaks().watch("nothing");
                        if (watch != null) {
                            watched++;
                            odd += i % 2;
                            watch.end();
                        }
                    }
                    assertEquals(rounds, watched, rounds / 5.0);
                    assertEquals(0.5, (double) odd / watched, 0.1);
                });
    }

    @Test
    void leakThatHappensAgainAndAgainIsFoundBySampling() throws Exception {
        try (Logged log = new Logged();
                Cores cores = Cores.start(sampling(LeakDetection.SAMPLED))) {
            Core core = cores.core(0);
            core.spawn("forgetful", () -> forget(8 * LeakDetector.PERIOD)).join();
            core.spawn("test", () -> collect(core, log)).join();
            assertEquals(1, log.with("LEAK: IoBuffer").size());
        }
    }

    @Test
    void offWatchesNothingAndSaysNothing() throws Exception {
        try (Logged log = new Logged()) {
            sampled(
                    LeakDetection.OFF,
                    core -> {
                        for (int i = 0; i < 10 * LeakDetector.PERIOD; i++) {
                            assertNull(core.leaks().watch("nothing"));
                        }
                    });
            assertEquals(List.of(), log.with("LEAK"));
        }
    }

    @Test
    void levelsAreReadFromTextAndOthersRefused() {
        assertEquals(LeakDetection.OFF, LeakDetection.parse("off"));
        assertEquals(LeakDetection.SAMPLED, LeakDetection.parse("sampled"));
        assertEquals(LeakDetection.ALL, LeakDetection.parse("all"));
        var refusal =
                assertThrows(IllegalArgumentException.class, () -> LeakDetection.parse("paranoid"));
        assertTrue(refusal.getMessage().contains("off, sampled or all"), refusal.getMessage());
    }

    private record Holder(Descriptor file) {
        @Override
        public String toString() {
            return "Holder[" + file + "]";
        }
    }

    private static CoreOptions sampling(LeakDetection level) {
        return DriverUnderTest.EPOLL.options().guardedBuffers(0).leakDetection(level);
    }

    private static void sampled(LeakDetection level, DriverUnderTest.Body body) throws Exception {
        DriverUnderTest.EPOLL.run(sampling(level), body);
    }

    private static void forget(int times) throws IOException {
        for (int i = 0; i < times; i++) {
            forgetOne();
        }
    }

    @SuppressWarnings("MustBeClosedChecker")
    private static void forgetOne() throws IOException {
        IoBuffer.lease(512).put((byte) 1);
    }

    private static void open() throws IOException {
        Descriptor file = LoopbackListener.socket();
        file.heldBy(new Holder(file));
    }

    private static void closeElsewhere(IoBuffer buffer) {
        buffer.close();
    }

    /// Until the garbage collector has told of all that nobody holds.
    private static void collect(Core core, Logged log) {
        Reference<Object> canary = new WeakReference<>(new Object());
        int rounds = 0;
        while (rounds < COLLECTIONS_MAX
                && (canary.get() != null || log.with("LEAK").isEmpty() || rounds < 5)) {
            System.gc();
            Turns.pass(core, 3);
            core.leaks().look();
            rounds++;
        }
    }
}
