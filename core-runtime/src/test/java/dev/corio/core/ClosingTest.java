package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/// The end of cores, and what they survive before it.
final class ClosingTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @EveryDriver
    void closedCoreRefusesTasksAndWork(DriverUnderTest driver) throws Exception {
        Cores cores = Cores.start(driver.options());
        Core core = cores.core(0);
        cores.close();
        cores.close();
        var refusal =
                assertThrows(RejectedExecutionException.class, () -> core.spawn("late", () -> 1));
        assertTrue(refusal.getMessage().contains("is closed"), refusal.getMessage());
        assertThrows(RejectedExecutionException.class, () -> core.execute(() -> {}));
    }

    @RealDrivers // asleep in virtual time they would be awake at once
    void eachTaskThatWasAcceptedEnds(DriverUnderTest driver) throws Exception {
        for (int round = 0; round < 5; round++) {
            Cores cores = Cores.start(driver.options());
            List<Task<Object>> accepted = new ArrayList<>();
            CountDownLatch some = new CountDownLatch(50);
            Thread spawner =
                    Thread.ofPlatform()
                            .start(() -> {
                                try {
                                    while (true) {
                                        accepted.add(
                                                cores.core(0)
                                                        .spawn(
                                                                "sleeper",
                                                                () -> {
                                                                    Core.sleep(LONG);
                                                                    return null;
                                                                }));
                                        some.countDown();
                                        Thread.onSpinWait();
                                    }
                                } catch (RejectedExecutionException e) {
                                    some.countDown();
                                }
                            });
            some.await();
            cores.close();
            assertTrue(spawner.join(LONG), "still accepts tasks after close");
            for (Task<Object> each : accepted) {
                assertThrows(CancellationException.class, () -> each.join(LONG));
            }
        }
    }

    @Test
    void taskThatDoesNotEndIsAbandonedAndItsJoinerTold() throws Exception {
        CoreOptions options = DriverUnderTest.EPOLL.options().closeTimeout(Duration.ofMillis(50));
        Task<Object> stubborn;
        try (Logged logged = new Logged()) {
            try (Cores cores = Cores.start(options)) {
                CountDownLatch begun = new CountDownLatch(1);
                stubborn =
                        cores.core(0)
                                .spawn(
                                        "stubborn",
                                        () -> {
                                            begun.countDown();
                                            Suspension never =
                                                    new Suspension(Core.current(), "never");
                                            never.awaitUninterruptibly();
                                            return null;
                                        });
                begun.await();
            }
            assertEquals(1, logged.with("stubborn").size());
        }
        ExecutionException failure =
                assertThrows(ExecutionException.class, () -> stubborn.join(LONG));
        assertTrue(failure.getMessage().contains("abandoned"), failure.getMessage());
    }

    @EveryDriver
    void chainThatGoesOnForEverEndsWithTheCore(DriverUnderTest driver) throws Exception {
        Endless chain;
        try (Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            chain = new Endless(core);
            assertTrue(core.spawn("begin", () -> core.submit(chain)).join());
        }
        assertFalse(chain.isInFlight());
    }

    /// A chain that pays no heed to results.
    private static final class Endless extends Operation {
        private final Core core;

        Endless(Core core) {
            super(null);
            this.core = core;
        }

        @Override
        protected void prepare(Sqe sqe) {
            sqe.nop();
        }

        @Override
        protected void completed(int result, int flags) {
            core.submit(this);
        }

        @Override
        public String toString() {
            return "endless";
        }
    }

    @Test
    void interruptWhileStartingLeavesNoCoreBehind() throws Exception {
        int cpu = Cpus.read().allowed().getFirst();
        CoreOptions options = DriverUnderTest.EPOLL.options().cpus(cpu, cpu, cpu, cpu);
        int before = DriverUnderTest.openFiles();
        for (int round = 0; round < 20; round++) {
            Thread.currentThread().interrupt();
            try {
                Cores.start(options).close();
            } catch (InterruptedIOException e) {
                assertTrue(e.getMessage().contains("starting"), e.getMessage());
            } finally {
                assertTrue(Thread.interrupted(), "the interrupt is kept");
            }
            assertEquals(before, DriverUnderTest.openFiles());
        }
    }

    @EveryDriver
    void closedDescriptorTakesNoMoreOperations(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Pair pair = Pair.open();
            Request poll = Request.on(pair.left, sqe -> sqe.pollAdd(pair.left.fd(), Linux.POLLOUT));
            pair.close();
            try (Pair stranger = Pair.open()) {
                assertEquals(pair.left.fd(), stranger.left.fd(), "the number is in use again");
                assertThrows(ClosedChannelException.class, () -> core.await(poll));
                assertFalse(core.submit(poll));
            }
        });
    }

    @EveryDriver
    void descriptorClosedOnTheLoopIsClosedWhenItsLastOperationIsDone(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            Pair pair = Pair.open();
            Request poll = Request.on(pair.left, sqe -> sqe.pollAdd(pair.left.fd(), Linux.POLLIN));
            assertTrue(core.submit(poll));
            List<Throwable> refused = new ArrayList<>();
            core.execute(
                    () -> refused.add(assertThrows(IllegalStateException.class, pair.left::close)));
            Turns.pass(core, 2);
            pair.right.closeSoon();
            while (poll.isInFlight()) {
                Turns.pass(core, 1);
            }
            assertEquals(1, refused.size());
            assertEquals(0, core.stats().descriptorsOpen());
        });
    }

    @EveryDriver
    void whatFailsOnTheLoopDoesNotTakeTheCoreAlong(DriverUnderTest driver) throws Exception {
        try (Logged logged = new Logged()) {
            driver.run(core -> {
                core.execute(() -> {
                    throw new AssertionError("work");
                });
                core.arm(
                        new Timer() {
                            @Override
                            protected void fired() {
                                throw new StackOverflowError("timer");
                            }
                        },
                        Duration.ZERO);
                core.submit(
                        new Operation(null) {
                            @Override
                            protected void prepare(Sqe sqe) {
                                sqe.nop();
                            }

                            @Override
                            protected void completed(int result, int flags) {
                                throw new AssertionError("completion");
                            }

                            @Override
                            public String toString() {
                                return "bad operation";
                            }
                        });
                Turns.pass(core, 10);
                assertEquals(0, core.await(Request.of(Sqe::nop)));
            });
            assertEquals(1, logged.with("work handed to").size());
            assertEquals(1, logged.with("a timer of").size());
            assertEquals(1, logged.with("bad operation").size());
        }
    }
}
