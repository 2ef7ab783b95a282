package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.Sqe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

final class TaskTest {
    private static final DriverUnderTest ANY = DriverUnderTest.EPOLL;

    @EveryDriver
    void taskThatThrowsEndsAlone(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Task<Integer> bad = core.spawn("bad", () -> Integer.parseInt("x"));
            Task<Integer> good = core.spawn("good", () -> core.await(Request.of(Sqe::nop)));
            ExecutionException failure = assertThrows(ExecutionException.class, bad::join);
            assertInstanceOf(NumberFormatException.class, failure.getCause());
            assertTrue(failure.getMessage().contains("task bad"), failure.getMessage());
            assertEquals(0, good.join());
        });
    }

    @Test
    void isJoinedFromATaskAPlainThreadAndAnotherCore() throws Exception {
        CoreOptions options = ANY.options();
        try (Cores here = Cores.start(options);
                Cores there = Cores.start(options)) {
            for (int i = 0; i < 200; i++) {
                int value = i;
                Task<Integer> task =
                        here.core(0)
                                .spawn(
                                        "worker",
                                        () -> {
                                            Turns.pass(Core.current(), value % 3);
                                            return value;
                                        });
                Task<Integer> near = here.core(0).spawn("near", () -> task.join());
                Task<Integer> far = there.core(0).spawn("far", () -> task.join());
                assertEquals(value, task.join());
                assertEquals(value, near.join());
                assertEquals(value, far.join(Duration.ofSeconds(10)));
                assertTrue(task.isDone());
            }
        }
    }

    @Test
    void joinWithATimeTellsWhenItIsOverAndLeavesNothingBehind() throws Exception {
        ANY.run(core -> {
            Suspension end = new Suspension(core, "the end of the test");
            Task<Integer> task =
                    core.spawn(
                            "long",
                            () -> {
                                end.await();
                                return 1;
                            });
            for (int i = 0; i < 3; i++) {
                assertThrows(TimeoutException.class, () -> task.join(Duration.ofMillis(1)));
                assertThrows(TimeoutException.class, () -> task.join(Duration.ZERO));
                assertThrows(TimeoutException.class, () -> task.join(Duration.ofNanos(-1)));
            }
            end.resume();
            assertEquals(1, task.join(Duration.ofSeconds(Long.MAX_VALUE)));
        });
    }

    @Test
    void interruptedJoinLeavesTheTaskAlone() throws Exception {
        ANY.run(core -> {
            Suspension end = new Suspension(core, "the end of the test");
            Task<Integer> task =
                    core.spawn(
                            "long",
                            () -> {
                                end.await();
                                return 1;
                            });
            Task<Integer> joiner = core.spawn("joiner", () -> task.join());
            Turns.pass(core, 3);
            joiner.cancel();
            assertThrows(CancellationException.class, joiner::join);
            assertFalse(task.isDone());
            end.resume();
            assertEquals(1, task.join());
        });
    }

    @Test
    void cancelledTaskEndsWithTheReason() throws Exception {
        ANY.run(core -> {
            Task<Object> sleeper =
                    core.spawn(
                            "sleeper",
                            () -> {
                                Core.sleep(Duration.ofDays(1));
                                return null;
                            });
            Turns.pass(core, 3);
            sleeper.cancel();
            var cancelled = assertThrows(CancellationException.class, sleeper::join);
            assertInstanceOf(InterruptedException.class, cancelled.getCause());
            Task<Object> notBegun =
                    core.spawn(
                            "not begun",
                            () -> {
                                Core.sleep(Duration.ofDays(1));
                                return null;
                            });
            notBegun.cancel();
            assertThrows(CancellationException.class, notBegun::join);
            Task<Integer> deaf = core.spawn("deaf", () -> 5);
            deaf.cancel();
            assertEquals(5, deaf.join(), "what was done in spite of it counts");
        });
    }

    @Test
    void taskThatRetriesForEverAfterAnInterruptDoesNotStopTheCore() throws Exception {
        ANY.run(core -> {
            AtomicBoolean enough = new AtomicBoolean();
            Task<Integer> stubborn =
                    core.spawn(
                            "stubborn",
                            () -> {
                                int refused = 0;
                                while (!enough.get()) {
                                    try {
                                        core.await(Request.of(Sqe::nop));
                                    } catch (java.io.InterruptedIOException e) {
                                        refused++;
                                    }
                                }
                                return refused;
                            });
            stubborn.cancel();
            Turns.pass(core, 10);
            enough.set(true);
            assertTrue(stubborn.join() > 0);
        });
    }

    @Test
    void failureThatNobodyJoinsIsLoggedOnceWithTheName() throws Exception {
        try (Logged logged = new Logged()) {
            ANY.run(core -> {
                Task<Object> task =
                        core.spawn(
                                "forgotten one",
                                () -> {
                                    throw new IllegalStateException("lost?");
                                });
                while (!task.isDone()) {
                    Turns.pass(core, 1);
                }
                Task<Object> joined =
                        core.spawn(
                                "joined one",
                                () -> {
                                    throw new IllegalStateException("seen");
                                });
                assertThrows(ExecutionException.class, joined::join);
                Task<Object> cancelled =
                        core.spawn(
                                "cancelled one",
                                () -> {
                                    Core.sleep(Duration.ofDays(1));
                                    return null;
                                });
                cancelled.cancel();
                while (!cancelled.isDone()) {
                    Turns.pass(core, 1);
                }
            });
            assertEquals(1, logged.with("forgotten one").size());
            assertEquals(List.of(), logged.with("joined one"));
            assertEquals(List.of(), logged.with("cancelled one"));
        }
    }

    @EveryDriver
    void stackOverflowInATaskIsItsOwnAffair(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            for (int i = 0; i < 3; i++) {
                Task<Integer> deep = core.spawn("deep", () -> deeper(core, 1));
                ExecutionException failure = assertThrows(ExecutionException.class, deep::join);
                assertInstanceOf(StackOverflowError.class, failure.getCause());
            }
            assertEquals(0, core.await(Request.of(Sqe::nop)));
        });
    }

    @SuppressWarnings("InfiniteRecursion") // the point
    private static int deeper(Core core, int depth) {
        return 1 + deeper(core, depth + 1);
    }

    @Test
    void childThreadsStayOnTheCore() throws Exception {
        ANY.run(core -> {
            List<Core> seen = new ArrayList<>();
            Thread child = Thread.startVirtualThread(() -> seen.add(Core.current()));
            child.join();
            try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < 10; i++) {
                    executor.submit(() -> {
                        core.await(Request.of(Sqe::nop));
                        Thread.sleep(1);
                        seen.add(Core.current());
                        Thread.startVirtualThread(() -> seen.add(Core.current())).join();
                        return null;
                    });
                }
            }
            assertEquals(21, seen.size());
            seen.forEach(each -> assertSame(core, each));
        });
    }

    @Test
    void socketsOfTheJdkDependOnNoCoreThatUsedThemFirst() throws Exception {
        Child child = Child.run(JdkSockets.class).expectSuccess();
        assertEquals("ok", child.output(), "and nothing of theirs outlives the core");
    }

    @Test
    void forksOfAStructuredTaskScopeStayOnTheCoreAndAreCancelled() throws Exception {
        List<String> flags = new ArrayList<>(Child.FLAGS);
        flags.addAll(List.of("--enable-preview", "--source", "25", "-cp", Child.CLASS_PATH));
        Child child = Child.run(List.of(), flags, Child.source("StructuredForks.java"));
        child.expectSuccess();
        assertTrue(child.output().endsWith("ok"), child.output());
    }

    @Test
    void locksAndMonitorsSuspendTheTaskAndNotTheCore() throws Exception {
        ANY.run(core -> {
            ReentrantLock lock = new ReentrantLock();
            Object monitor = new Object();
            List<Task<Integer>> tasks = new ArrayList<>();
            int[] count = {0};
            for (int i = 0; i < 50; i++) {
                tasks.add(
                        core.spawn(
                                "locker",
                                () -> {
                                    lock.lock();
                                    try {
                                        synchronized (monitor) {
                                            int before = count[0];
                                            core.await(Request.of(Sqe::nop));
                                            count[0] = before + 1;
                                        }
                                    } finally {
                                        lock.unlock();
                                    }
                                    return 0;
                                }));
            }
            for (Task<Integer> each : tasks) {
                each.join();
            }
            assertEquals(50, count[0], "two were inside at once");
        });
    }

    @Test
    void resumeFromAnotherThreadReachesTheTask() throws Exception {
        ANY.run(core -> {
            for (int i = 0; i < 500; i++) {
                CompletableFuture<Integer> future = new CompletableFuture<>();
                Task<Integer> waiter = core.spawn("waiter", () -> future.get());
                int value = i;
                Blocking.call(() -> future.complete(value));
                assertEquals(value, waiter.join());
            }
        });
    }

    @Test
    void strayUnparksAreHarmless() throws Exception {
        try (Cores cores = Cores.start(ANY.options())) {
            Core core = cores.core(0);
            Task<Integer> task =
                    core.spawn(
                            "unparked",
                            () -> {
                                for (int i = 0; i < 100; i++) {
                                    Core.sleep(Duration.ofMillis(1));
                                    core.await(Request.of(Sqe::nop));
                                }
                                return 1;
                            });
            while (!task.isDone()) {
                LockSupport.unpark(task.thread());
            }
            assertEquals(1, task.join());
        }
    }

    @Test
    void loopItselfCannotWait() throws Exception {
        ANY.run(core -> {
            Task<Integer> other = core.spawn("other", () -> 1);
            List<Throwable> refused = new ArrayList<>();
            core.execute(() -> {
                refused.add(assertThrows(IllegalStateException.class, other::join));
                refused.add(
                        assertThrows(
                                IllegalStateException.class,
                                () -> core.await(Request.of(Sqe::nop))));
                refused.add(
                        assertThrows(
                                IllegalStateException.class,
                                () -> Core.sleep(Duration.ofMillis(1))));
            });
            Turns.pass(core, 3);
            assertEquals(3, refused.size());
            refused.forEach(each -> assertTrue(each.getMessage().contains("spawn a task")));
        });
    }
}
