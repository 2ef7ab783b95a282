package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

final class DeadlineTest {
    private static final Duration SOON = Duration.ofMillis(2);
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration NEVER = Duration.ofDays(1);

    private static Request receive(Pair pair, IoBuffer in) {
        Request receive =
                Request.on(pair.right, sqe -> sqe.recv(pair.right.fd(), in.writeAddress(), 100, 0));
        receive.buffer(in);
        return receive;
    }

    /// Nothing of a deadline is left: no interrupt now, none later, and no timer.
    private static void assertNothingLeft(Core core) {
        assertFalse(Thread.interrupted(), "a stray interrupt");
        assertNull(Deadline.remaining());
        Turns.pass(core, 2);
        assertFalse(Thread.interrupted(), "a late interrupt");
    }

    @EveryDriver
    void receiveThatTakesTooLongIsCancelledAndTheStreamGoesOn(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                Request receive = receive(pair, in);
                for (int i = 0; i < 3; i++) {
                    var exceeded =
                            assertThrows(
                                    DeadlineExceededException.class,
                                    () -> Deadline.within(SOON, () -> core.await(receive)));
                    assertTrue(
                            exceeded.getMessage().contains("PT0.002S: request"),
                            exceeded::getMessage);
                    assertInstanceOf(InterruptedIOException.class, exceeded.getCause());
                    assertFalse(receive.isInFlight());
                    in.clear();
                    assertNothingLeft(core);
                }
                try (IoBuffer one = IoBuffer.lease().put((byte) 1)) {
                    Pair.send(pair.left, one);
                }
                assertEquals(1, Deadline.within(LONG, () -> core.await(receive)));
                assertNothingLeft(core);
            }
        });
    }

    @EveryDriver
    void everyWaitEndsWithTheDeadline(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().poolBytesMax(1 << 20).groupBuffers(0),
                core -> {
                    Suspension never = new Suspension(core, "never");
                    Task<Object> child =
                            core.spawn(
                                    "child",
                                    () -> {
                                        never.await();
                                        return null;
                                    });
                    ReentrantLock lock = new ReentrantLock();
                    Task<Object> holder =
                            core.spawn(
                                    "holder",
                                    () -> {
                                        lock.lock();
                                        Core.sleep(NEVER);
                                        return null;
                                    });
                    Turns.pass(core, 1);
                    CountDownLatch blocked = new CountDownLatch(1);
                    try (IoBuffer all = IoBuffer.lease(1 << 20)) {
                        List<Core.Body> waits =
                                List.of(
                                        () -> Core.sleep(NEVER),
                                        () -> new Suspension(core, "nothing").await(),
                                        child::join,
                                        () -> child.join(NEVER),
                                        () ->
                                                Blocking.call(
                                                        () -> blocked.await(20, TimeUnit.SECONDS)),
                                        () -> IoBuffer.lease().close(),
                                        () -> Thread.sleep(NEVER),
                                        lock::lockInterruptibly,
                                        () -> new LinkedBlockingQueue<>().take(),
                                        () -> new CompletableFuture<>().get());
                        int index = 0;
                        for (Core.Body wait : waits) {
                            Duration time = index++ % 2 == 0 ? SOON : Duration.ZERO;
                            var exceeded =
                                    assertThrows(
                                            DeadlineExceededException.class,
                                            () -> Deadline.within(time, wait::run),
                                            "wait " + index);
                            assertTrue(Task.isInterruption(exceeded.getCause()));
                            assertNothingLeft(core);
                        }
                        all.clear();
                    }
                    blocked.countDown();
                    child.cancel();
                    holder.cancel();
                    assertThrows(CancellationException.class, child::join);
                    assertThrows(CancellationException.class, holder::join);
                });
    }

    @EveryDriver
    void bodyThatReturnsHoweverLateHasReturned(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer one = IoBuffer.lease().put((byte) 1);
                    IoBuffer in = IoBuffer.lease()) {
                Pair.send(pair.left, one);
                Request receive = receive(pair, in);
                int count =
                        Deadline.within(
                                SOON,
                                () -> {
                                    assertTrue(core.submit(receive));
                                    while (!Thread.currentThread().isInterrupted()) {
                                        Turns.pass(core, 1);
                                    }
                                    return receive.result();
                                });
                assertEquals(1, count);
                assertNothingLeft(core);
                String failure =
                        assertThrows(
                                        IOException.class,
                                        () ->
                                                Deadline.within(
                                                        SOON,
                                                        () -> {
                                                            throw new IOException("its own");
                                                        }))
                                .getMessage();
                assertEquals("its own", failure);
                assertNothingLeft(core);
            }
        });
    }

    @EveryDriver
    void waitThatBeginsTooLateFailsAtOnce(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Request nop = Request.of(sqe -> sqe.nop());
            for (Duration over : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                assertThrows(
                        DeadlineExceededException.class,
                        () -> Deadline.within(over, () -> core.await(nop)));
                assertEquals(List.of(), nop.results, "it was not begun");
                assertEquals(7, Deadline.within(over, () -> 7));
                assertNothingLeft(core);
            }
        });
    }

    @EveryDriver
    void ofNestedDeadlinesTheNearestEndsTheWait(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Request nop = Request.of(sqe -> sqe.nop());
            int value =
                    Deadline.within(
                            LONG,
                            () -> {
                                assertThrows(
                                        DeadlineExceededException.class,
                                        () -> Deadline.within(SOON, () -> Core.sleep(NEVER)));
                                return core.await(nop);
                            });
            assertEquals(0, value, "the outer one goes on");
            assertNothingLeft(core);
            List<String> seen = new ArrayList<>();
            var exceeded =
                    assertThrows(
                            DeadlineExceededException.class,
                            () ->
                                    Deadline.within(
                                            SOON,
                                            () -> {
                                                try {
                                                    Deadline.within(LONG, () -> Core.sleep(NEVER));
                                                } catch (SocketTimeoutException e) {
                                                    seen.add("swallowed by the inner one");
                                                }
                                            }));
            assertEquals(List.of(), seen);
            assertTrue(exceeded.getMessage().contains(SOON.toString()), exceeded::getMessage);
            assertNothingLeft(core);
        });
    }

    @EveryDriver
    void ofDeadlinesThatEndTogetherTheOuterOneIsTold(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            List<String> seen = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                assertThrows(
                        DeadlineExceededException.class,
                        () ->
                                Deadline.within(
                                        SOON,
                                        () -> {
                                            try {
                                                // Armed later, so it ends later.
                                                Deadline.within(SOON, () -> Core.sleep(NEVER));
                                            } catch (SocketTimeoutException e) {
                                                seen.add("the inner one");
                                            }
                                        }));
                assertNothingLeft(core);
            }
            assertEquals(List.of(), seen);
        });
    }

    @EveryDriver
    void expiryOfTheOuterOneComesBackWhenTheInnerBodySwallowedIt(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            List<String> steps = new ArrayList<>();
            assertThrows(
                    DeadlineExceededException.class,
                    () ->
                            Deadline.within(
                                    SOON,
                                    () -> {
                                        Deadline.within(
                                                LONG,
                                                () -> {
                                                    assertThrows(
                                                            InterruptedException.class,
                                                            () -> Core.sleep(NEVER));
                                                    steps.add("swallowed");
                                                });
                                        steps.add("after the inner one");
                                        Core.sleep(NEVER);
                                    }));
            assertEquals(List.of("swallowed", "after the inner one"), steps);
            assertNothingLeft(core);
        });
    }

    @EveryDriver
    void cleaningUpAfterAnExpiryMayTakeItsTime(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            List<String> steps = new ArrayList<>();
            assertThrows(
                    DeadlineExceededException.class,
                    () ->
                            Deadline.within(
                                    SOON,
                                    () -> {
                                        try {
                                            Core.sleep(NEVER);
                                        } finally {
                                            for (int i = 0; i < 2; i++) {
                                                Deadline.within(LONG, () -> Core.sleep(SOON));
                                                steps.add("cleaned");
                                            }
                                        }
                                    }));
            assertEquals(List.of("cleaned", "cleaned"), steps);
            assertNothingLeft(core);
        });
    }

    @EveryDriver
    void cancelledTaskIsStillCancelledAfterAnExpiry(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Suspension known = new Suspension(core, "the task itself");
            List<Task<Object>> self = new ArrayList<>();
            Task<Object> task =
                    core.spawn(
                            "both",
                            () -> {
                                known.await();
                                assertThrows(
                                        DeadlineExceededException.class,
                                        () ->
                                                Deadline.within(
                                                        SOON,
                                                        () -> {
                                                            while (!Thread.currentThread()
                                                                    .isInterrupted()) {
                                                                Turns.pass(core, 1);
                                                            }
                                                            self.getFirst().cancel();
                                                            Core.sleep(NEVER);
                                                        }));
                                Core.sleep(NEVER);
                                return null;
                            });
            self.add(task);
            known.resume();
            assertThrows(CancellationException.class, task::join);
            Task<Object> other =
                    core.spawn(
                            "cancelled first",
                            () ->
                                    Deadline.within(
                                            LONG,
                                            () -> {
                                                Core.sleep(NEVER);
                                                return null;
                                            }));
            Turns.pass(core, 2);
            other.cancel();
            assertThrows(CancellationException.class, other::join, "not taken for an expiry");
        });
    }

    @EveryDriver
    void interruptFromElsewhereIsNoExpiry(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Thread.currentThread().interrupt();
            assertThrows(
                    InterruptedException.class,
                    () ->
                            Deadline.within(
                                    Duration.ZERO,
                                    () -> {
                                        Turns.pass(core, 2);
                                        Core.sleep(NEVER);
                                    }));
            assertNothingLeft(core);
        });
    }

    @EveryDriver
    void remainingIsTheNearestAndNoneIsNull(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            assertNull(Deadline.remaining());
            Deadline.within(
                    LONG,
                    () -> {
                        Duration outer = Deadline.remaining();
                        assertTrue(outer.compareTo(LONG) <= 0 && outer.isPositive());
                        Deadline.within(
                                NEVER,
                                () -> assertTrue(Deadline.remaining().compareTo(outer) <= 0));
                        Deadline.within(
                                Duration.ofSeconds(1),
                                () ->
                                        assertTrue(
                                                Deadline.remaining()
                                                                .compareTo(Duration.ofSeconds(1))
                                                        <= 0));
                        Deadline.within(
                                Duration.ZERO,
                                () -> assertEquals(Duration.ZERO, Deadline.remaining()));
                        assertTrue(Deadline.remaining().compareTo(outer) <= 0);
                        Thread child =
                                Thread.startVirtualThread(() -> assertNull(Deadline.remaining()));
                        child.join();
                    });
            assertNothingLeft(core);
        });
    }

    @EveryDriver
    void pinnedWaitEndsToo(DriverUnderTest driver) throws Exception {
        try (Logged _ = new Logged()) {
            driver.run(core -> {
                try (Pair pair = Pair.open();
                        IoBuffer in = IoBuffer.lease()) {
                    Request receive = receive(pair, in);
                    assertThrows(
                            DeadlineExceededException.class,
                            () ->
                                    Pinned.inInitialiser(() ->
                                            Deadline.within(SOON, () -> core.await(receive))));
                    assertNothingLeft(core);
                }
            });
        }
    }

    @EveryDriver
    void bodyThatReturnsAsItsTimeEndsLeavesNothing(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Request nop = Request.of(sqe -> sqe.nop());
            int[] ends = new int[2];
            for (int i = 0; i < 5_000; i++) {
                Duration time = Duration.ofNanos(i % 100 * 400L + 1);
                try {
                    Deadline.within(
                            time,
                            () -> {
                                core.await(nop);
                                core.await(nop);
                            });
                    ends[0]++;
                } catch (DeadlineExceededException e) {
                    ends[1]++;
                }
                assertFalse(Thread.currentThread().isInterrupted(), "a stray interrupt");
                assertEquals(0, core.await(nop), "a late cancel");
            }
            assertTrue(ends[0] > 0 && ends[1] > 0, "only one of the two ever wins");
            assertNothingLeft(core);
        });
    }

    @Test
    void outsideOfACoreThereIsNone() throws Exception {
        assertNull(Deadline.remaining());
        var refusal =
                assertThrows(IllegalStateException.class, () -> Deadline.within(LONG, () -> 1));
        assertTrue(refusal.getMessage().contains("not on a core"), refusal::getMessage);
        DriverUnderTest.EPOLL.run(core -> {
            CompletableFuture<IllegalStateException> onLoop = new CompletableFuture<>();
            core.execute(() ->
                    onLoop.complete(
                            assertThrows(
                                    IllegalStateException.class,
                                    () -> Deadline.within(LONG, () -> 1))));
            assertTrue(onLoop.get().getMessage().contains("loop"));
        });
    }
}
