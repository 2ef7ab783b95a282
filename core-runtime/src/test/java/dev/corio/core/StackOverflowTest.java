package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.Sqe;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;

/// The end of the stack, met at thousands of depths and so in every frame of ours: the core lives
/// and nothing is left behind, or it has failed and says so. It is never something between.
final class StackOverflowTest {
    private static final int FRAMES = 2000;
    private static final int ROUNDS = 2;
    private static final Duration LONG = Duration.ofSeconds(60);

    @RealDrivers
    void coreLivesOrFailsLoudlyWhereverTheStackEnds(DriverUnderTest driver) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            for (String name : actions(null).keySet()) {
                diveAndLook(driver.options().closeTimeout(Duration.ofSeconds(1)), name);
            }
        }
    }

    /// The deepest frames of a recursion, with a core's own work above and below them.
    @RealDrivers
    void tasksThatOverflowByThemselvesNeverHurtTheCore(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            for (int i = 0; i < 50; i++) {
                DeepEnd end = new DeepEnd(() -> {}, FRAMES);
                core.spawn("deep", end::dive).join();
                assertEquals(0, core.await(Request.of(Sqe::nop)));
            }
        });
    }

    /// A task that is too deep to be put aside serves the driver until its operation is done.
    @RealDrivers
    void operationIsAwaitedWhereATaskCannotBePutAside(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            warmUp(core);
            assertTrue(awaitsInPlace(core), "never got deep enough");
        });
    }

    private static void diveAndLook(CoreOptions options, String name) throws Exception {
        int openBefore = DriverUnderTest.openFiles();
        try (Logged logged = new Logged();
                Cores cores = Cores.start(options)) {
            Core core = cores.core(0);
            core.spawn("warm up", () -> warmUp(core)).join();
            DeepEnd end = new DeepEnd(actions(core).get(name), FRAMES);
            String told = outcome(core.spawn("deep", end::dive));
            String after = afterwards(core);
            if (!core.failure().hasBegun()) {
                assertEquals("", told, name);
                assertEquals("", after, name);
                settle(core, name + ": " + end);
            } else {
                assertEquals(1, logged.with("has failed and ends").size(), name);
            }
        }
        assertTrue(DriverUnderTest.openFiles() <= openBefore, name + " left files open");
    }

    private static String afterwards(Core core) throws Exception {
        try {
            return outcome(core.spawn("after", () -> core.await(Request.of(Sqe::nop))));
        } catch (RejectedExecutionException e) {
            return e.toString();
        }
    }

    private static String outcome(Task<?> task) throws Exception {
        try {
            task.join(LONG);
            return "";
        } catch (ExecutionException e) {
            return String.valueOf(e.getCause());
        }
    }

    private static void settle(Core core, String text) throws Exception {
        CoreStats stats = core.stats();
        long deadline = System.nanoTime() + LONG.toNanos();
        while (stats.operationsInFlight() + stats.tasksLive() > 0
                && System.nanoTime() - deadline < 0) {
            Thread.sleep(1);
            stats = core.stats();
        }
        assertEquals(0, stats.operationsInFlight(), text);
        assertEquals(0, stats.tasksLive(), text);
        assertEquals(0, stats.buffersLeased(), text);
        assertEquals(0, stats.descriptorsOpen(), text);
    }

    private static Map<String, DeepEnd.Action> actions(Core core) {
        Map<String, DeepEnd.Action> actions = new LinkedHashMap<>();
        actions.put("await", () -> core.await(Request.of(Sqe::nop)));
        actions.put("sleep", () -> Core.sleep(Duration.ofNanos(1)));
        // What could not be closed for want of stack is closed further up.
        ArrayDeque<IoBuffer> leased = new ArrayDeque<>(FRAMES);
        actions.put(
                "lease",
                () -> {
                    if (leased.isEmpty()) {
                        leased.add(IoBuffer.lease());
                    }
                    leased.getFirst().close();
                    leased.clear();
                });
        actions.put("spawn", () -> core.spawn("child", () -> {}));
        actions.put("yield", Core::yield);
        Timer timer =
                new Timer() {
                    @Override
                    protected void fired() {}
                };
        actions.put(
                "timer",
                () -> {
                    core.arm(timer, LONG);
                    core.disarm(timer);
                });
        return actions;
    }

    /// Loads classes: that takes more stack than anything else, and one that fails to initialise
    /// for want of it stays unusable for the whole JVM.
    private static void warmUp(Core core) throws Exception {
        for (DeepEnd.Action each : actions(core).values()) {
            each.run();
        }
        core.spawn("child", () -> {}).join();
        assertTrue(awaitsInPlace(core), "never got deep enough");
    }

    /// Goes down to ever more depth at once; true when an operation was awaited in place there. (A
    /// task that parks on its way down has its upper frames in the heap, and never gets too deep.)
    private static boolean awaitsInPlace(Core core) throws Exception {
        for (int depth = 500; depth < 1_000_000; depth += depth / 10) {
            if (awaitAtDepth(core, depth)) {
                return true;
            }
        }
        return false;
    }

    private static boolean awaitAtDepth(Core core, int depth) throws Exception {
        if (depth > 0) {
            return awaitAtDepth(core, depth - 1);
        }
        long slices = core.stats().taskSwitches();
        core.await(Request.of(Sqe::nop));
        return core.stats().taskSwitches() == slices;
    }
}
