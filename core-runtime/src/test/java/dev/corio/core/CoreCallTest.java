package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class CoreCallTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int COUNTED_CALLS = 10_000;

    private static CoreOptions twoCores(DriverUnderTest driver) {
        CoreOptions options = driver.options();
        int cpu = options.cpus()[0];
        return options.cpus(cpu, cpu);
    }

    @EveryDriver
    void bodyRunsOnTheOtherCoreWhileTheOwnOneGoesOn(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(twoCores(driver))) {
            Core asks = cores.core(0);
            Core answers = cores.core(1);
            CountDownLatch mayAnswer = new CountDownLatch(1);
            CountDownLatch othersRan = new CountDownLatch(1);
            Task<Integer> asking =
                    asks.spawn(
                            "asks",
                            () ->
                                    answers.submit(
                                                    "index",
                                                    () -> {
                                                        // Holds the other core up, not ours.
                                                        mayAnswer.await();
                                                        return Core.current().index();
                                                    })
                                            .join());
            asks.spawn("other", othersRan::countDown).join();
            othersRan.await();
            mayAnswer.countDown();
            assertEquals(1, asking.join(LONG));
        }
    }

    @EveryDriver
    void callIsUsedAgainAndAgainFromATaskAndFromAThread(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(twoCores(driver))) {
            int[] count = {0};
            CoreCall<Integer> call = CoreCall.of("count", () -> ++count[0]);
            Core answers = cores.core(1);
            for (int i = 1; i <= 500; i++) {
                assertEquals(i, call.await(answers));
            }
            Task<Integer> asking =
                    cores.core(0)
                            .spawn(
                                    "asks",
                                    () -> {
                                        int last = 0;
                                        for (int i = 0; i < 500; i++) {
                                            last = call.await(answers);
                                        }
                                        return last;
                                    });
            assertEquals(1000, asking.join(LONG));
            assertEquals(1000, call.join(), "the answer stays");
            assertEquals(1001, answers.spawn("own core", () -> call.await(answers)).join(LONG));
        }
    }

    @Test
    void whatTheBodyThrowsIsTheCause() throws Exception {
        try (Cores cores = Cores.start(twoCores(DriverUnderTest.EPOLL))) {
            IOException reason = new IOException("disk on fire");
            CoreCall<Object> call =
                    CoreCall.of(
                            "look",
                            () -> {
                                throw reason;
                            });
            var failure = assertThrows(ExecutionException.class, () -> call.await(cores.core(1)));
            assertSame(reason, failure.getCause());
            assertTrue(failure.getMessage().contains("call look"), failure.getMessage());
            CoreCall<Object> error =
                    CoreCall.of(
                            "overflow",
                            () -> {
                                throw new StackOverflowError();
                            });
            failure = assertThrows(ExecutionException.class, () -> error.await(cores.core(1)));
            assertInstanceOf(StackOverflowError.class, failure.getCause());
            CoreCall<Object> waits =
                    CoreCall.of(
                            "wait",
                            () -> {
                                new Suspension(Core.current(), "never").await();
                                return null;
                            });
            failure = assertThrows(ExecutionException.class, () -> waits.await(cores.core(1)));
            assertTrue(failure.getMessage().contains("spawn a task"), failure.getMessage());
        }
    }

    @Test
    void cancelledCallThatHasNotBegunNeverWill() throws Exception {
        try (Cores cores = Cores.start(twoCores(DriverUnderTest.EPOLL))) {
            Core answers = cores.core(1);
            CountDownLatch release = hold(answers);
            AtomicInteger ran = new AtomicInteger();
            CoreCall<Integer> call = CoreCall.of("late", ran::incrementAndGet);
            call.submit(answers);
            assertThrows(IllegalStateException.class, () -> call.submit(answers));
            call.cancel();
            assertFalse(call.isDone(), "the core still has it");
            release.countDown();
            assertThrows(CancellationException.class, call::join);
            assertEquals(0, ran.get());
            assertEquals(1, call.await(answers), "it can be used again");
            call.cancel();
            assertEquals(1, call.join(), "too late");
        }
    }

    @Test
    void interruptedWaitTakesTheCallBackOrReturnsItsAnswer() throws Exception {
        try (Cores cores = Cores.start(twoCores(DriverUnderTest.EPOLL))) {
            Core answers = cores.core(1);
            CountDownLatch release = hold(answers);
            AtomicInteger ran = new AtomicInteger();
            Task<Object> asking =
                    cores.core(0)
                            .spawn(
                                    "asks",
                                    () -> CoreCall.of("late", ran::incrementAndGet).await(answers));
            while (asking.thread().getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            asking.cancel();
            cores.core(0).spawn("after it took the call back", () -> {}).join(LONG);
            release.countDown();
            assertThrows(CancellationException.class, () -> asking.join(LONG));
            assertEquals(0, ran.get());

            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch mayEnd = new CountDownLatch(1);
            Task<String> second =
                    cores.core(0)
                            .spawn(
                                    "asks",
                                    () -> {
                                        CoreCall<Integer> call =
                                                CoreCall.of(
                                                        "begun",
                                                        () -> {
                                                            begun.countDown();
                                                            mayEnd.await();
                                                            return 7;
                                                        });
                                        int answer = call.await(answers);
                                        return answer + " " + Thread.interrupted();
                                    });
            begun.await();
            second.thread().interrupt();
            mayEnd.countDown();
            assertEquals("7 true", second.join(LONG));
        }
    }

    @Test
    void fullMailboxRefusesOrMakesTheSenderWaitInOrder() throws Exception {
        try (Cores cores = Cores.start(twoCores(DriverUnderTest.EPOLL).mailboxMax(4))) {
            Core answers = cores.core(1);
            CountDownLatch release = hold(answers);
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int number = i;
                answers.execute(() -> order.add(number));
            }
            CoreCall<Boolean> call = CoreCall.of("add", () -> order.add(99));
            var refusal =
                    assertThrows(RejectedExecutionException.class, () -> call.submit(answers));
            assertTrue(refusal.getMessage().contains("mailboxMax"), refusal.getMessage());
            List<Task<Void>> senders = new ArrayList<>();
            for (int i = 4; i < 20; i++) {
                int number = i;
                Task<Void> sender =
                        cores.core(0)
                                .spawn(
                                        "sender " + i,
                                        () -> answers.executeWhenRoom(() -> order.add(number)));
                while (sender.thread().getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
                senders.add(sender);
            }
            senders.get(3).cancel(); // number 7
            assertThrows(CancellationException.class, () -> senders.get(3).join(LONG));
            Task<Boolean> asking = cores.core(0).spawn("asks", () -> call.await(answers));
            while (asking.thread().getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            cores.core(0).spawn("its core goes on", () -> {}).join(LONG);
            release.countDown();
            assertTrue(asking.join(LONG));
            for (Task<Void> sender : senders) {
                if (sender != senders.get(3)) {
                    assertNull(sender.join(LONG));
                }
            }
            List<Integer> expected = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                expected.add(i);
            }
            expected.remove(Integer.valueOf(7));
            expected.add(99);
            assertEquals(expected, order);
        }
    }

    @Test
    void whoWaitsForRoomIsToldWhenTheCoreCloses() throws Exception {
        try (Cores asks = Cores.start(DriverUnderTest.EPOLL.options())) {
            Cores answers = Cores.start(DriverUnderTest.EPOLL.options().mailboxMax(2));
            Core core = answers.core(0);
            answers.close();
            CoreCall<Integer> call = CoreCall.of("late", () -> 1);
            assertThrows(RejectedExecutionException.class, () -> call.await(core));
            assertThrows(IllegalStateException.class, () -> call.await(core), "it is spent");
            assertThrows(RejectedExecutionException.class, () -> core.submit("late", () -> 1));
            Task<Void> waits = asks.core(0).spawn("waits", () -> core.executeWhenRoom(() -> {}));
            var failure = assertThrows(ExecutionException.class, () -> waits.join(LONG));
            assertInstanceOf(RejectedExecutionException.class, failure.getCause());
        }
    }

    /// The work is in the mailbox, and done, although the answer is a refusal: a second time it
    /// would be done twice.
    @Test
    void workThatAClosingCoreRefusesIsDoneOnceAtMost() {
        Core core = Cores.unstarted(DriverUnderTest.EPOLL.options());
        Mailbox mailbox = core.loop.mailbox;
        AtomicInteger ran = new AtomicInteger();
        mailbox.wakeWith(() -> {
            // What the core does at that very moment.
            mailbox.drainWork(Runnable::run, Integer.MAX_VALUE);
            mailbox.refuseWork();
            mailbox.prepareToSleep();
        });
        assertTrue(mailbox.prepareToSleep());
        assertThrows(
                RejectedExecutionException.class, () -> core.executeWhenRoom(ran::incrementAndGet));
        assertEquals(1, ran.get());
    }

    /// Whoever is too deep in its stack to wait for room has not handed anything over.
    @Test
    void whatCouldNotBeAwaitedForWantOfStackIsTakenBack() throws Exception {
        try (Cores cores = Cores.start(twoCores(DriverUnderTest.EPOLL).mailboxMax(2))) {
            Core answers = cores.core(1);
            CountDownLatch release = hold(answers);
            answers.execute(() -> {});
            answers.execute(() -> {});
            AtomicInteger ran = new AtomicInteger();
            Runnable work = ran::incrementAndGet;
            DeepEnd end = new DeepEnd(() -> answers.executeWhenRoom(work), 2000);
            Task<Void> deep = cores.core(0).spawn("deep", end::dive);
            // On the way up from the end of the stack, until there is enough of it to wait.
            while (deep.thread().getState() != Thread.State.WAITING && !deep.isDone()) {
                Thread.onSpinWait();
            }
            release.countDown();
            deep.join(LONG);
            CoreCall.of("after all that", () -> true).await(answers);
            assertTrue(end.overflows() > 0, end::toString);
            assertEquals(end.successes(), ran.get(), end::toString);
        }
    }

    @Test
    void loopCannotWaitForAnotherCore() throws Exception {
        try (Cores cores = Cores.start(twoCores(DriverUnderTest.EPOLL))) {
            CoreCall<Integer> inner = CoreCall.of("inner", () -> 1);
            CoreCall<Integer> outer = CoreCall.of("outer", () -> inner.await(cores.core(0)));
            var failure = assertThrows(ExecutionException.class, () -> outer.await(cores.core(1)));
            assertTrue(failure.getMessage().contains("spawn a task"), failure.getMessage());
        }
    }

    /// Not a deadlock but a queue: two cores that ask each other all the time.
    @EveryDriver
    void coresAskEachOther(DriverUnderTest driver) throws Exception {
        for (Duration spin : List.of(Duration.ZERO, Duration.ofNanos(20_000))) {
            try (Cores cores = Cores.start(twoCores(driver).spin(spin))) {
                List<Task<Integer>> asking = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    Core from = cores.core(i % 2);
                    Core to = cores.core(1 - i % 2);
                    asking.add(
                            from.spawn(
                                    "asks",
                                    () -> {
                                        int[] count = {0};
                                        CoreCall<Integer> call =
                                                CoreCall.of("count", () -> ++count[0]);
                                        for (int k = 0; k < 300; k++) {
                                            call.await(to);
                                        }
                                        return count[0];
                                    }));
                }
                for (Task<Integer> each : asking) {
                    assertEquals(300, each.join(LONG));
                }
            }
        }
    }

    /// What both threads allocate, once the compiler has done its work.
    @RealDrivers // a simulated kernel allocates
    void roundTripAllocatesNothing(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(twoCores(driver))) {
            Core asks = cores.core(0);
            Core answers = cores.core(1);
            long[] threads = {loopThread(asks), loopThread(answers)};
            int[] count = {0};
            CoreCall<Void> call =
                    CoreCall.of(
                            "count",
                            () -> {
                                count[0]++;
                                return null;
                            });
            double bytes = Double.MAX_VALUE;
            for (int round = 0; round < 600 && bytes >= 1; round++) {
                bytes =
                        asks.spawn(
                                                "asks",
                                                () -> {
                                                    call.await(
                                                            answers); // a new task has no stack yet
                                                    long before = allocated(threads);
                                                    for (int i = 0; i < COUNTED_CALLS; i++) {
                                                        call.await(answers);
                                                    }
                                                    return allocated(threads) - before;
                                                })
                                        .join(LONG)
                                / (double) COUNTED_CALLS;
            }
            // One allocation per round trip would be 16 bytes or more; the rest is the task's end.
            assertEquals(0, bytes, 1, "bytes per round trip");
        }
    }

    private static long loopThread(Core core) throws Exception {
        return core.submit("thread", () -> Thread.currentThread().threadId()).join();
    }

    private static long allocated(long[] threads) {
        ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return bean.getThreadAllocatedBytes(threads[0]) + bean.getThreadAllocatedBytes(threads[1]);
    }

    /// Keeps the core busy until the latch is counted down; returns when it has begun.
    private static CountDownLatch hold(Core core) throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        core.execute(() -> {
            held.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        held.await();
        return release;
    }
}
