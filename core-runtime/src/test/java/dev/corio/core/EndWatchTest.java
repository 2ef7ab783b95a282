package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EndWatchTest {
    /// Notes who told it.
    private static final class Noted extends EndWatch {
        private final List<Thread> tellers = new ArrayList<>();

        Noted(Core core) {
            super(core);
        }

        @Override
        protected void ended() {
            tellers.add(Thread.currentThread());
        }
    }

    @EveryDriver
    void watchIsToldWhenTheTasksOfAClosedCoreAreOver(DriverUnderTest driver) throws Exception {
        Noted watch;
        Core core;
        boolean[] toldEarly = {true};
        try (Cores cores = Cores.start(driver.options())) {
            core = cores.core(0);
            watch = new Noted(core);
            watch.begin();
            core.spawn(
                    "last",
                    () -> {
                        try {
                            Core.sleep(Duration.ofDays(1));
                        } finally {
                            toldEarly[0] = !watch.tellers.isEmpty();
                        }
                    });
        }
        assertEquals(List.of(core.loop.thread()), watch.tellers);
        assertFalse(toldEarly[0], "told while a task still ran");
        assertSame(core, watch.core());
    }

    @EveryDriver
    void watchIsToldWhenTheCoreFails(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            Noted watch = new Noted(core);
            watch.begin();
            DriverUnderTest.fail(core);
            assertEquals(List.of(core.loop.thread()), watch.tellers);
        }
    }

    @Test
    void watchOfACoreThatHasEndedIsToldAtOnce() throws Exception {
        Cores cores = Cores.start(DriverUnderTest.EPOLL.options());
        cores.close();
        Noted watch = new Noted(cores.core(0));
        watch.begin();
        assertEquals(List.of(Thread.currentThread()), watch.tellers);
    }

    @Test
    void watchThatFailsKeepsNobodyFromBeingTold() throws Exception {
        Noted before;
        Noted after;
        try (Logged logged = new Logged()) {
            EndWatch failing;
            try (Cores cores = Cores.start(DriverUnderTest.EPOLL.options())) {
                Core core = cores.core(0);
                before = new Noted(core);
                failing =
                        new EndWatch(core) {
                            @Override
                            protected void ended() {
                                throw new AssertionError("on purpose");
                            }
                        };
                after = new Noted(core);
                before.begin();
                failing.begin();
                after.begin();
            }
            assertEquals(1, logged.with("telling a watch").size());
            assertEquals(1, before.tellers.size());
            assertEquals(1, after.tellers.size());
            assertSame(after.core(), failing.core());
        }
    }

    @Test
    void watchesThatNobodyHoldsLeaveNothingBehind() throws Exception {
        try (Cores cores = Cores.start(DriverUnderTest.EPOLL.options())) {
            Core core = cores.core(0);
            Noted held = new Noted(core);
            held.begin();
            int placesMax = 0;
            for (int i = 0; i < 200; i++) {
                for (int k = 0; k < 100; k++) {
                    new Noted(core).begin();
                }
                System.gc();
                placesMax = Math.max(placesMax, core.endWatches().count());
            }
            assertTrue(placesMax < 1000, placesMax + " places for one watch");
            cores.close();
            assertEquals(1, held.tellers.size());
        }
    }

    /// Whoever rings need not know that nobody is there any more.
    @EveryDriver
    void doorbellOfACoreThatHasEndedIsNotAnswered(DriverUnderTest driver) throws Exception {
        try (Logged logged = new Logged()) {
            List<Doorbell> bells = new ArrayList<>();
            int[] answers = {0};
            try (Cores cores = Cores.start(driver.options())) {
                Core core = cores.core(0);
                Doorbell bell =
                        new Doorbell(core) {
                            @Override
                            protected void rung() {
                                answers[0]++;
                            }
                        };
                core.spawn("listen", bell::listen).join();
                bells.add(bell);
            }
            bells.getFirst().ring();
            Thread.sleep(10);
            assertEquals(0, answers[0]);
            assertEquals(0, logged.with("outlives").size());
        }
    }
}
