package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Virtual threads that tasks start and do not wait for: each of them ends, whatever becomes of its
/// core.
final class OrphansTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    /// A virtual thread that keeps what its body threw.
    private static final class Child {
        private final Thread thread;
        private volatile @Nullable Throwable thrown;

        Child(Core.Body body) {
            thread =
                    Thread.startVirtualThread(() -> {
                        try {
                            body.run();
                        } catch (Throwable e) {
                            thrown = e;
                        }
                    });
        }

        @Nullable Throwable outcome() throws InterruptedException {
            assertTrue(thread.join(LONG), "hangs on a core that has ended");
            return thrown;
        }
    }

    /// Starts children from a task that leaves them alone, and closes the core.
    private static List<Child> orphaned(DriverUnderTest driver, List<Core.Body> bodies)
            throws Exception {
        List<Child> children = new ArrayList<>();
        try (Cores cores = Cores.start(driver.options())) {
            cores.core(0)
                    .spawn(
                            "parent",
                            () -> {
                                bodies.forEach(body -> children.add(new Child(body)));
                                Turns.pass(Core.current(), 2);
                            })
                    .join();
        }
        return children;
    }

    @RealDrivers // in virtual time the waits are over at once
    void waitsForWhatTheCoreDoesAreEnded(DriverUnderTest driver) throws Exception {
        int before = DriverUnderTest.openFiles();
        List<Child> children =
                orphaned(
                        driver,
                        List.of(
                                () -> Core.sleep(Duration.ofDays(1)),
                                () -> new Suspension(Core.current(), "nobody").await(),
                                () -> {
                                    int fd = Linux.eventfd(0, Linux.EFD_CLOEXEC);
                                    Descriptor file = Descriptor.ofPollable(fd);
                                    Core.current()
                                            .await(
                                                    Request.on(
                                                            file,
                                                            sqe -> sqe.pollAdd(fd, Linux.POLLIN)));
                                },
                                () -> {
                                    Core core = Core.current();
                                    try {
                                        Core.sleep(Duration.ofDays(1));
                                    } catch (InterruptedException e) {
                                        core.await(Request.of(sqe -> sqe.nop()));
                                    }
                                },
                                () -> Signals.await(Signal.USR1)));
        assertInstanceOf(InterruptedException.class, children.get(0).outcome());
        assertInstanceOf(InterruptedException.class, children.get(1).outcome());
        assertInstanceOf(IOException.class, children.get(2).outcome());
        Throwable refusal = children.get(3).outcome();
        assertInstanceOf(IOException.class, refusal);
        assertTrue(refusal.getMessage().contains("is closing"), refusal::getMessage);
        assertInstanceOf(InterruptedException.class, children.get(4).outcome());
        assertEquals(before, DriverUnderTest.openFiles());
    }

    @EveryDriver
    void threadsThatWaitElsewhereGoOnBesideTheCores(DriverUnderTest driver) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        LinkedBlockingQueue<String> queue = new LinkedBlockingQueue<>();
        List<String> seen = new ArrayList<>();
        try (Logged logged = new Logged()) {
            List<Child> children =
                    orphaned(
                            driver,
                            List.of(
                                    closed::await,
                                    () -> seen.add(queue.take()),
                                    () -> {
                                        Core core = Core.current();
                                        closed.await();
                                        core.await(Request.of(sqe -> sqe.nop()));
                                    },
                                    () -> {
                                        closed.await();
                                        Thread.startVirtualThread(() -> seen.add("grandchild"))
                                                .join();
                                        Core.current();
                                    }));
            closed.countDown();
            queue.add("taken");
            assertNull(children.get(0).outcome());
            assertNull(children.get(1).outcome());
            Throwable refusal = children.get(2).outcome();
            assertInstanceOf(IllegalStateException.class, refusal);
            assertTrue(refusal.getMessage().contains("has ended"), refusal::getMessage);
            assertInstanceOf(IllegalStateException.class, children.get(3).outcome());
            assertTrue(seen.containsAll(List.of("taken", "grandchild")));
            assertEquals(1, logged.with("outlives").size(), "said once");
        }
    }

    @RealDrivers // in virtual time the deadline is over at once
    void deadlineOfAThreadThatOutlivesItsCoreIsNoMore(DriverUnderTest driver) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        try (Logged _ = new Logged()) {
            List<Child> children =
                    orphaned(
                            driver,
                            List.of(
                                    () -> Deadline.within(LONG, () -> closed.await()),
                                    () -> Deadline.within(LONG, () -> closed.await())));
            closed.countDown();
            for (Child each : children) {
                assertNull(each.outcome());
            }
        }
    }

    @Test
    void taskThatWasAbandonedAndEndsBesideTheCoresChangesNothing() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        CoreOptions options = DriverUnderTest.EPOLL.options().closeTimeout(Duration.ofMillis(50));
        try (Logged _ = new Logged()) {
            Task<Integer> deaf;
            try (Cores cores = Cores.start(options)) {
                deaf =
                        cores.core(0)
                                .spawn(
                                        "deaf",
                                        () -> {
                                            awaitUninterruptibly(closed);
                                            throw new IOException("late");
                                        });
                cores.core(0).spawn("turn", () -> {}).join();
            }
            var told = assertThrows(ExecutionException.class, deaf::join).getCause();
            closed.countDown();
            assertTrue(deaf.thread().join(LONG), "hangs on a core that has ended");
            assertSame(told, assertThrows(ExecutionException.class, deaf::join).getCause());
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException e) {
                // It is deaf.
            }
        }
    }

    /// Threads that block in native code keep their carriers.
    @Test
    void whoKeepsTheCarriersAndHowManyAreLeftIsSaid() throws Exception {
        int blocker = Linux.eventfd(0, Linux.EFD_SEMAPHORE | Linux.EFD_CLOEXEC);
        CountDownLatch closed = new CountDownLatch(1);
        try (Logged logged = new Logged();
                Arena arena = Arena.ofShared()) {
            long count = arena.allocate(Long.BYTES * (Orphans.CARRIERS_MAX + 1L)).address();
            List<Core.Body> bodies = new ArrayList<>();
            for (int i = 0; i < Orphans.CARRIERS_MAX; i++) {
                long address = count + Long.BYTES * i;
                bodies.add(() -> {
                    Thread.currentThread().setName("blocked");
                    closed.await();
                    Linux.read(blocker, address, Long.BYTES);
                });
            }
            bodies.add(closed::await);
            List<Child> children = orphaned(DriverUnderTest.EPOLL, bodies);
            closed.countDown();
            long deadlineNanos = System.nanoTime() + LONG.toNanos();
            while (logged.with("cannot go on").isEmpty() && System.nanoTime() - deadlineNanos < 0) {
                Thread.sleep(10);
            }
            boolean isLeft = children.getLast().thread.isAlive();
            Memory.putLong(count, Orphans.CARRIERS_MAX);
            Linux.write(blocker, count, Long.BYTES);
            for (Child each : children) {
                assertNull(each.outcome());
            }
            assertTrue(isLeft, "more threads than there are carriers for");
            assertEquals(1, logged.with("outlive their cores 1 cannot go on").size());
            assertEquals(1, logged.with("blocked").size());
        } finally {
            Linux.close(blocker);
        }
    }

    @EveryDriver
    void noThreadIsLostThatIsResumedAsItsCoreEnds(DriverUnderTest driver) throws Exception {
        try (Logged _ = new Logged()) {
            for (int round = 0; round < 20; round++) {
                List<Child> children = new ArrayList<>();
                CountDownLatch begun = new CountDownLatch(1);
                Thread waker;
                try (Cores cores = Cores.start(driver.options())) {
                    cores.core(0)
                            .spawn(
                                    "parent",
                                    () -> {
                                        for (int i = 0; i < 100; i++) {
                                            children.add(new Child(LockSupport::park));
                                        }
                                        Turns.pass(Core.current(), 2);
                                    })
                            .join();
                    waker =
                            Thread.ofPlatform()
                                    .start(() -> {
                                        begun.countDown();
                                        children.forEach(each -> LockSupport.unpark(each.thread));
                                    });
                    begun.await();
                }
                waker.join();
                for (Child each : children) {
                    assertNull(each.outcome());
                }
            }
        }
    }
}
