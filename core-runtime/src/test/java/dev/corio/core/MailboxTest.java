package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class MailboxTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Test
    void workIsRefusedWhenFullAndResumesNever() {
        Mailbox mailbox = new Mailbox(4);
        for (int i = 0; i < 4; i++) {
            assertTrue(mailbox.offerWork(() -> {}));
        }
        assertFalse(mailbox.offerWork(() -> {}));
        for (int i = 0; i < 10_000; i++) {
            mailbox.offerResume(() -> {});
        }
        int[] taken = {0, 0};
        while (taken[0] < 10_000) {
            mailbox.drainResumes(_ -> taken[0]++);
        }
        mailbox.drainWork(_ -> taken[1]++, 3);
        assertEquals(3, taken[1], "no more than the limit at a time");
        assertTrue(mailbox.offerWork(() -> {}), "there is room again");
        mailbox.drainWork(_ -> taken[1]++, 10);
        assertEquals(5, taken[1]);
        assertTrue(mailbox.isEmpty());
    }

    @Test
    void sleepIsOffWhenSomethingHasComeIn() {
        Mailbox mailbox = new Mailbox(4);
        int[] wakes = {0};
        mailbox.wakeWith(() -> wakes[0]++);
        mailbox.offerWork(() -> {});
        assertFalse(mailbox.prepareToSleep());
        mailbox.offerWork(() -> {});
        assertEquals(0, wakes[0], "an awake core is not woken");
        mailbox.drainWork(_ -> {}, 10);
        assertTrue(mailbox.prepareToSleep());
        mailbox.offerWork(() -> {});
        mailbox.offerResume(() -> {});
        assertEquals(1, wakes[0], "one of them wakes");
    }

    @Test
    void whoHandsOverAfterRefusalIsToldAndNobodyIsWokenAfterClose() {
        Mailbox mailbox = new Mailbox(4);
        int[] wakes = {0};
        mailbox.wakeWith(() -> wakes[0]++);
        assertTrue(mailbox.offerWork(() -> {}));
        mailbox.refuseWork();
        assertTrue(mailbox.hasWork(), "what was accepted is there");
        assertFalse(mailbox.offerWork(() -> {}));
        mailbox.drainWork(_ -> {}, 10);
        assertTrue(mailbox.prepareToSleep());
        mailbox.close();
        mailbox.offerResume(() -> {});
        assertEquals(0, wakes[0]);
    }

    @Test
    void noWakeUpIsLost() throws Exception {
        int perProducer = 100_000;
        Mailbox mailbox = new Mailbox(1024);
        AtomicIntegerArray done = new AtomicIntegerArray(2);
        AtomicInteger sleeps = new AtomicInteger();
        Thread core =
                Thread.ofPlatform()
                        .unstarted(() -> {
                            while (true) {
                                mailbox.drainResumes(Runnable::run);
                                mailbox.drainWork(Runnable::run, 100);
                                if (done.get(0) + done.get(1) == 2 * perProducer) {
                                    return;
                                }
                                if (mailbox.prepareToSleep()) {
                                    sleeps.incrementAndGet();
                                    LockSupport.park();
                                    mailbox.awake();
                                }
                            }
                        });
        mailbox.wakeWith(() -> LockSupport.unpark(core));
        core.start();
        List<Thread> producers = new ArrayList<>();
        for (int producer = 0; producer < 2; producer++) {
            int index = producer;
            producers.add(
                    Thread.ofPlatform().start(() -> handOver(mailbox, perProducer, index, done)));
        }
        for (Thread each : producers) {
            assertTrue(each.join(LONG), "a wake-up was lost: " + done + ", asleep " + sleeps);
        }
        assertTrue(core.join(LONG), "a wake-up was lost: " + done);
        assertTrue(sleeps.get() > 0, "the core never slept: nothing was tried");
    }

    @Test
    void resumeThatComesAsTheCoreEndsReachesTheHeirOnce() throws Exception {
        for (int round = 0; round < 500; round++) {
            Mailbox mailbox = new Mailbox(2);
            int[] seen = new int[400];
            int first = seen.length / 2;
            CountDownLatch begun = new CountDownLatch(1);
            Thread resumer =
                    Thread.ofPlatform()
                            .start(() -> {
                                begun.countDown();
                                for (int i = first; i < seen.length; i++) {
                                    int item = i;
                                    mailbox.offerResume(() -> seen[item]++);
                                }
                            });
            for (int i = 0; i < first; i++) {
                int item = i;
                mailbox.offerResume(() -> seen[item]++);
            }
            begun.await();
            mailbox.passOn(Runnable::run);
            resumer.join();
            for (int each : seen) {
                assertEquals(1, each);
            }
        }
    }

    /// One at a time, so that the core sleeps in between, then some at once, so that it is awake.
    @SuppressWarnings("ThreadPriorityCheck")
    private static void handOver(Mailbox mailbox, int count, int index, AtomicIntegerArray done) {
        Runnable item = () -> done.incrementAndGet(index);
        for (int i = 1; i <= count; i++) {
            if (i % 3 == 0) {
                mailbox.offerResume(item);
            } else {
                while (!mailbox.offerWork(item)) {
                    Thread.yield();
                }
            }
            if (i / 50 % 2 == 0 || i == count) {
                while (done.get(index) < i) {
                    Thread.onSpinWait();
                    if (i % 64 == 0) {
                        Thread.yield();
                    }
                }
            }
        }
    }

    @EveryDriver
    void coreThatSleepsIsWokenForEachItemOfWork(DriverUnderTest driver) throws Exception {
        int perProducer = 5_000;
        try (Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            AtomicIntegerArray done = new AtomicIntegerArray(2);
            List<Thread> producers = new ArrayList<>();
            for (int producer = 0; producer < 2; producer++) {
                int index = producer;
                producers.add(
                        Thread.ofPlatform()
                                .start(() -> {
                                    for (int i = 1; i <= perProducer; i++) {
                                        core.execute(() -> done.incrementAndGet(index));
                                        while (done.get(index) < i) {
                                            Thread.onSpinWait();
                                        }
                                    }
                                }));
            }
            for (Thread each : producers) {
                assertTrue(each.join(LONG), "a wake-up was lost: " + done);
            }
            assertTrue(core.stats().wakeups() > 0, "the core never slept: nothing was tried");
        }
    }

    @EveryDriver
    void fullMailboxRefusesAndSaysWhatToDo(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().mailboxMax(8),
                core -> {
                    List<Integer> ran = new ArrayList<>();
                    // The core runs this very task, so that nothing is taken meanwhile.
                    for (int i = 0; i < 8; i++) {
                        int number = i;
                        core.execute(() -> ran.add(number));
                    }
                    var refusal =
                            assertThrows(
                                    RejectedExecutionException.class,
                                    () -> core.execute(() -> ran.add(9)));
                    assertTrue(refusal.getMessage().contains("mailboxMax"), refusal.getMessage());
                    Turns.pass(core, 2);
                    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7), ran);
                    core.execute(() -> ran.add(10));
                });
    }
}
