package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.RingFeature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Cancels, wake-ups and timeouts are possible when nothing else is: with every slot taken and the
/// smallest rings.
final class ControlRequestsTest {
    private static final int OPERATIONS = 64;
    private static final int WAKE_UPS_MAX = 8;

    private static CoreOptions small(DriverUnderTest driver) {
        return driver.options().ringEntries(8).operationsMax(OPERATIONS);
    }

    private static List<Request> fill(Core core, Descriptor descriptor) {
        List<Request> all = new ArrayList<>();
        for (int i = 0; i < OPERATIONS; i++) {
            Request each =
                    Request.on(descriptor, sqe -> sqe.pollAdd(descriptor.fd(), Linux.POLLIN));
            assertTrue(core.submit(each));
            all.add(each);
        }
        assertFalse(core.submit(Request.of(sqe -> sqe.nop())), "the table is full");
        return all;
    }

    private static void drain(Core core, List<Request> all) {
        all.forEach(core::cancel);
        while (core.stats().operationsInFlight() > 0) {
            Turns.pass(core, 1);
        }
        all.forEach(each -> assertEquals(List.of(-Errno.ECANCELED), each.results));
    }

    @EveryDriver
    void fullTableIsCancelledBeforeTheKernelHasSeenIt(DriverUnderTest driver) throws Exception {
        driver.run(
                small(driver),
                core -> {
                    try (Pair pair = Pair.open()) {
                        for (int round = 0; round < 50; round++) {
                            drain(core, fill(core, pair.left));
                        }
                    }
                });
    }

    @EveryDriver
    void fullTableIsCancelledWhileItWaits(DriverUnderTest driver) throws Exception {
        driver.run(
                small(driver),
                core -> {
                    try (Pair pair = Pair.open()) {
                        List<Request> all = fill(core, pair.left);
                        Turns.pass(core, 5);
                        drain(core, all);
                    }
                });
    }

    /// What a cancel did its target tells; only that it found nothing is news.
    @EveryDriver
    void aCancelThatSucceedsCostsNoCompletionWhereTheKernelCanKeepQuiet(DriverUnderTest driver)
            throws Exception {
        driver.run(
                small(driver),
                core -> {
                    try (Pair pair = Pair.open()) {
                        List<Request> all = fill(core, pair.left);
                        Turns.pass(core, 5);
                        long before = core.stats().completions();
                        drain(core, all);
                        long completions = core.stats().completions() - before;
                        boolean isUring = core.driver() instanceof UringDriver;
                        int each = !isUring || core.supports(RingFeature.CQE_SKIP) ? 1 : 2;
                        assertEquals((double) each * OPERATIONS, completions, WAKE_UPS_MAX);
                    }
                });
    }

    @EveryDriver
    void timersGoOffAndOthersWakeTheCoreWhileTheTableIsFull(DriverUnderTest driver)
            throws Exception {
        driver.run(
                small(driver),
                core -> {
                    try (Pair pair = Pair.open()) {
                        List<Request> all = fill(core, pair.left);
                        for (int i = 0; i < 5; i++) {
                            Core.sleep(Duration.ofMillis(1));
                            CompletableFuture<Integer> answer = new CompletableFuture<>();
                            Thread.ofPlatform().start(() -> core.execute(() -> answer.complete(1)));
                            assertEquals(1, answer.get());
                        }
                        drain(core, all);
                    }
                });
    }

    @EveryDriver
    void interruptEndsAnAwaitWhileTheTableIsFull(DriverUnderTest driver) throws Exception {
        driver.run(
                small(driver),
                core -> {
                    try (Pair pair = Pair.open()) {
                        List<Task<Integer>> waiters = new ArrayList<>();
                        for (int i = 0; i < OPERATIONS; i++) {
                            Request poll =
                                    Request.on(
                                            pair.left,
                                            sqe -> sqe.pollAdd(pair.left.fd(), Linux.POLLIN));
                            waiters.add(core.spawn("waiter", () -> core.await(poll)));
                        }
                        Turns.pass(core, 3);
                        assertEquals(OPERATIONS, core.stats().operationsInFlight());
                        waiters.forEach(Task::cancel);
                        for (Task<Integer> each : waiters) {
                            while (!each.isDone()) {
                                Turns.pass(core, 1);
                            }
                        }
                    }
                });
    }
}
