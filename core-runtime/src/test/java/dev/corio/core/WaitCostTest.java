package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import dev.corio.uring.Sqe;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/// What waiting costs once the compiler has done its work: not one byte.
final class WaitCostTest {
    private static final int WAITS = 2_000;
    private static final int ROUNDS_MAX = 3_000;
    private static final Duration SHORT = Duration.ofNanos(1);
    private static final Duration LONG = Duration.ofMinutes(1);

    @RealDrivers
    void sleepAllocatesNothing(DriverUnderTest driver) throws Exception {
        driver.run(core -> assertNothingAllocated(() -> Core.sleep(SHORT)));
    }

    @RealDrivers
    void awaitAllocatesNothing(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Request nop = Request.of(Sqe::nop);
            assertNothingAllocated(() -> {
                core.await(nop);
                nop.results.clear();
            });
        });
    }

    @RealDrivers
    void awaitForALimitedTimeAllocatesNothing(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Request nop = Request.of(Sqe::nop);
            assertNothingAllocated(() -> {
                core.await(nop, LONG);
                nop.results.clear();
            });
        });
    }

    @RealDrivers
    void handOffBetweenTasksAllocatesNothing(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Suspension here = new Suspension(core, "the answer");
            Suspension there = new Suspension(core, "a question");
            Task<Void> other =
                    core.spawn(
                            "other",
                            () -> {
                                while (true) {
                                    there.await();
                                    here.resume();
                                }
                            });
            assertNothingAllocated(() -> {
                there.resume();
                here.await();
            });
            other.cancel();
        });
    }

    private static void assertNothingAllocated(Core.Body wait) throws Exception {
        ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = VirtualThreads.currentCarrier().threadId();
        double bytes = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS_MAX && bytes >= 1; round++) {
            long before = bean.getThreadAllocatedBytes(thread);
            for (int i = 0; i < WAITS; i++) {
                wait.run();
            }
            bytes = (bean.getThreadAllocatedBytes(thread) - before) / (double) WAITS;
        }
        // One allocation for each wait would be 16 bytes or more.
        assertEquals(0, bytes, 1, "bytes for each wait");
    }
}
