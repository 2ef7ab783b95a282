package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.Sqe;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

final class BlockingTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int RACES = 2_000;

    /// The only thread of the pool, kept by a body until [#release].
    private static final class FullPool {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);
        private final Task<Void> holder;

        FullPool(Core core) {
            holder =
                    core.spawn(
                            "holder",
                            () -> {
                                Blocking.call(() -> {
                                    begun.countDown();
                                    released.await();
                                    return true;
                                });
                            });
            while (begun.getCount() > 0) {
                Turns.pass(core, 1);
            }
        }

        void release() throws Exception {
            released.countDown();
            holder.join();
        }
    }

    private static CoreOptions oneThread(DriverUnderTest driver) {
        return driver.options().blockingThreadsMax(1);
    }

    @EveryDriver
    void bodyRunsOnANamedThreadAndItsAnswerComesBackToTheCore(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            Thread runner = Blocking.call(Thread::currentThread);
            assertTrue(runner.getName().startsWith("corio-blocking-"), runner::getName);
            assertTrue(runner.isDaemon());
            assertFalse(runner.isVirtual());
            assertTrue(core.isCurrent());
        });
    }

    @EveryDriver
    void whileThePoolIsFullTasksWaitInOrderAndTheCoreGoesOn(DriverUnderTest driver)
            throws Exception {
        driver.run(
                oneThread(driver),
                core -> {
                    FullPool pool = new FullPool(core);
                    List<Integer> order = new ArrayList<>();
                    List<Task<?>> tasks = new ArrayList<>();
                    for (int i = 0; i < 10; i++) {
                        int number = i;
                        tasks.add(
                                core.spawn(
                                        "waits" + i, () -> Blocking.call(() -> order.add(number))));
                    }
                    Turns.pass(core, 100);
                    assertEquals(0, core.await(Request.of(Sqe::nop)));
                    assertEquals(0, order.size());
                    String dump = TaskDump.of(List.of(core));
                    assertTrue(dump.contains("waits0: waits for Blocking.call, which wai"), dump);
                    assertTrue(dump.contains("holder: waits for Blocking.call on corio-b"), dump);
                    pool.release();
                    for (Task<?> each : tasks) {
                        each.join();
                    }
                    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), order);
                });
    }

    @EveryDriver
    void cancelledBeforeItsTurnTheBodyNeverRuns(DriverUnderTest driver) throws Exception {
        driver.run(
                oneThread(driver),
                core -> {
                    FullPool pool = new FullPool(core);
                    AtomicInteger ran = new AtomicInteger();
                    Task<Integer> cancelled =
                            core.spawn("first", () -> Blocking.call(ran::incrementAndGet));
                    Task<Integer> next = core.spawn("next", () -> Blocking.call(() -> 7));
                    Turns.pass(core, 1);
                    cancelled.cancel();
                    assertThrows(CancellationException.class, cancelled::join);
                    for (Duration time : List.of(Duration.ZERO, Duration.ofMillis(1))) {
                        assertThrows(
                                DeadlineExceededException.class,
                                () ->
                                        Deadline.within(
                                                time, () -> Blocking.call(ran::incrementAndGet)));
                    }
                    pool.release();
                    assertEquals(7, next.join());
                    assertEquals(0, ran.get());
                });
    }

    @EveryDriver
    void cancelledWhileTheBodyRunsTheTaskGoesOnAndTheThreadIsInterrupted(DriverUnderTest driver)
            throws Exception {
        driver.run(
                oneThread(driver),
                core -> {
                    CountDownLatch begun = new CountDownLatch(1);
                    CountDownLatch interrupted = new CountDownLatch(1);
                    CountDownLatch mayEnd = new CountDownLatch(1);
                    Task<Boolean> waits =
                            core.spawn(
                                    "waits",
                                    () ->
                                            Blocking.call(() -> {
                                                begun.countDown();
                                                assertThrows(
                                                        InterruptedException.class,
                                                        new CountDownLatch(1)::await);
                                                interrupted.countDown();
                                                mayEnd.await();
                                                return true;
                                            }));
                    while (begun.getCount() > 0) {
                        Turns.pass(core, 1);
                    }
                    waits.cancel();
                    assertThrows(CancellationException.class, waits::join);
                    interrupted.await();
                    Task<Boolean> next =
                            core.spawn(
                                    "next",
                                    () ->
                                            Blocking.call(
                                                    () -> Thread.currentThread().isInterrupted()));
                    Turns.pass(core, 10);
                    assertFalse(next.isDone(), "the body has the only thread until it ends");
                    mayEnd.countDown();
                    assertFalse(next.join());
                });
    }

    @EveryDriver
    void cancelThatMeetsTheAnswerReachesNoOtherBody(DriverUnderTest driver) throws Exception {
        driver.run(
                oneThread(driver),
                core -> {
                    AtomicBoolean strayed = new AtomicBoolean();
                    int answered = 0;
                    for (int i = 0; i < RACES; i++) {
                        int number = i;
                        // From an answer at once to one that takes longer than the turns.
                        int spins = i % 500 * 20;
                        Task<Integer> asks =
                                core.spawn(
                                        "asks",
                                        () ->
                                                Blocking.call(() -> {
                                                    for (int k = 0; k < spins; k++) {
                                                        Thread.onSpinWait();
                                                    }
                                                    return number;
                                                }));
                        Turns.pass(core, 1 + i % 3);
                        asks.cancel();
                        try {
                            assertEquals(number, asks.join());
                            answered++;
                        } catch (CancellationException e) {
                            assertInstanceOf(InterruptedException.class, e.getCause());
                        }
                        Blocking.call(() -> {
                            if (Thread.currentThread().isInterrupted()) {
                                strayed.set(true);
                            }
                            return true;
                        });
                    }
                    assertFalse(strayed.get(), "an interrupt reached the next body");
                    assertTrue(answered < RACES, "no cancel came before an answer");
                });
    }

    @EveryDriver
    void failureIsThrownAsItIsAndShowsBothStacks(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            IOException reason = new IOException("disk on fire");
            for (int i = 0; i < 2; i++) {
                IOException failure =
                        assertThrows(
                                IOException.class,
                                () ->
                                        Blocking.call(() -> {
                                            throw reason;
                                        }));
                assertSame(reason, failure);
            }
            assertEquals(1, reason.getSuppressed().length, "the caller is told once");
            Throwable caller = reason.getSuppressed()[0];
            assertTrue(caller.toString().contains("by task test"), caller::toString);
            assertTrue(
                    List.of(caller.getStackTrace()).stream()
                            .anyMatch(frame ->
                                    frame.getClassName().equals(BlockingTest.class.getName())));
            assertThrows(
                    StackOverflowError.class,
                    () ->
                            Blocking.call(() -> {
                                throw new StackOverflowError();
                            }));
            assertThrows(
                    IllegalStateException.class,
                    () ->
                            Blocking.runUninterruptibly(() -> {
                                throw new IllegalStateException();
                            }));
            assertEquals(1, Blocking.call(() -> 1), "the pool goes on");
        });
    }

    /// Not on a simulated kernel, where such a body runs in its task.
    @RealDrivers
    void interruptIsKeptWhereTheBodyMustRun(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            AtomicBoolean ran = new AtomicBoolean();
            CountDownLatch mayEnd = new CountDownLatch(1);
            Task<Boolean> waits =
                    core.spawn(
                            "waits",
                            () -> {
                                Blocking.runUninterruptibly(() -> {
                                    awaitQuietly(mayEnd);
                                    ran.set(true);
                                });
                                return Thread.interrupted();
                            });
            Turns.pass(core, 1);
            waits.cancel();
            Turns.pass(core, 10);
            assertFalse(waits.isDone());
            mayEnd.countDown();
            assertTrue(waits.join());
            assertTrue(ran.get());
        });
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @EveryDriver
    void pinnedCallerServesItsCoreUntilTheAnswerIsThere(DriverUnderTest driver) throws Exception {
        try (Logged _ = new Logged()) {
            driver.run(core -> {
                int answer =
                        Pinned.inInitialiser(() ->
                                Blocking.call(() -> core.submit("asked back", () -> 5).join()));
                assertEquals(5, answer);
                assertEquals(0, core.await(Request.of(Sqe::nop)), "the core goes on");
            });
        }
    }

    @EveryDriver
    void closingInterruptsWhatRunsAndTellsWhoWaits(DriverUnderTest driver) throws Exception {
        CompletableFuture<Throwable> body = new CompletableFuture<>();
        CompletableFuture<Throwable> orphan = new CompletableFuture<>();
        CountDownLatch begun = new CountDownLatch(1);
        List<Task<?>> tasks = new ArrayList<>();
        AtomicInteger ran = new AtomicInteger();
        try (Logged _ = new Logged();
                Cores cores = Cores.start(oneThread(driver))) {
            Core core = cores.core(0);
            core.spawn(
                            "parent",
                            () -> {
                                Thread.startVirtualThread(() ->
                                        keep(
                                                body,
                                                () -> {
                                                    begun.countDown();
                                                    new CountDownLatch(1).await();
                                                    return 0;
                                                }));
                                while (begun.getCount() > 0) {
                                    Turns.pass(core, 1);
                                }
                                Thread.startVirtualThread(() -> keep(orphan, ran::incrementAndGet));
                                Turns.pass(core, 2);
                            })
                    .join(LONG);
            tasks.add(core.spawn("queued", () -> Blocking.call(ran::incrementAndGet)));
        }
        for (Task<?> each : tasks) {
            assertThrows(CancellationException.class, () -> each.join(LONG));
        }
        assertInstanceOf(InterruptedException.class, body.get());
        Throwable refusal = orphan.get();
        assertInstanceOf(RejectedExecutionException.class, refusal);
        assertTrue(refusal.getMessage().contains("the body did not run"), refusal::getMessage);
        assertEquals(0, ran.get());
    }

    /// Keeps what a blocking call throws.
    private static void keep(CompletableFuture<Throwable> thrown, Callable<Integer> body) {
        try {
            thrown.completeExceptionally(new AssertionError("answered " + Blocking.call(body)));
        } catch (Exception e) {
            thrown.complete(e);
        }
    }
}
