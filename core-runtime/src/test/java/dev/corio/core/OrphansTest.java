package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

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
                                }));
        assertInstanceOf(InterruptedException.class, children.get(0).outcome());
        assertInstanceOf(InterruptedException.class, children.get(1).outcome());
        assertInstanceOf(IOException.class, children.get(2).outcome());
        Throwable refusal = children.get(3).outcome();
        assertInstanceOf(IOException.class, refusal);
        assertTrue(refusal.getMessage().contains("is closing"), refusal::getMessage);
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
