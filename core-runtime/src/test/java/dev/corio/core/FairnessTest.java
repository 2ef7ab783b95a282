package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A thousand tasks that are always ready, against the ones that wait for something.
final class FairnessTest {
    private static final int STORM = 1000;

    /// The epoll driver looks for events in each eighth turn while there is other work, and a task
    /// that becomes ready has the whole storm before it: 1000 tasks at 256 in each turn.
    private static final int TURNS_MAX = 3 * (8 + 5);

    @RealDrivers
    void stormOfReadyTasksDoesNotStarveCompletionsAndTimers(DriverUnderTest driver)
            throws Exception {
        driver.run(
                driver.options().tasksPerTurn(256),
                core -> {
                    boolean[] over = {false};
                    List<Task<Object>> storm = storm(core, STORM, over);
                    try (Pair pair = Pair.open();
                            IoBuffer out = IoBuffer.lease();
                            IoBuffer in = IoBuffer.lease()) {
                        for (int i = 0; i < 20; i++) {
                            long before = core.stats().turns();
                            core.await(Request.of(Sqe::nop));
                            assertFewTurns(core, before, "a no-op");
                        }
                        for (int i = 0; i < 20; i++) {
                            Request receive = receive(pair, in);
                            core.submit(receive);
                            // So that it waits for readiness.
                            Turns.pass(core, 2);
                            long before = core.stats().turns();
                            assertEquals(1, Linux.send(pair.left.fd(), out.readAddress(), 1, 0));
                            while (receive.isInFlight()) {
                                Core.yield();
                            }
                            assertFewTurns(core, before, "a receive");
                        }
                        for (int i = 0; i < 20; i++) {
                            Alarm alarm = new Alarm(core);
                            core.arm(alarm, Duration.ofMillis(1));
                            long deadline = alarm.deadlineNanos;
                            while (core.turnNanos() - deadline < 0 && alarm.turn < 0) {
                                Core.yield();
                            }
                            assertTrue(alarm.turn >= 0, "the timer waits although it is due");
                        }
                    } finally {
                        over[0] = true;
                    }
                    for (Task<Object> each : storm) {
                        each.join();
                    }
                });
    }

    private static void assertFewTurns(Core core, long before, String what) {
        long turns = core.stats().turns() - before;
        assertTrue(turns <= TURNS_MAX, what + " took " + turns + " turns");
    }

    @EveryDriver
    void floodOfWorkFromOutsideDoesNotStarveTasks(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().tasksPerTurn(16).mailboxMax(1024),
                core -> {
                    int[] handled = {0};
                    for (int i = 0; i < 1000; i++) {
                        core.execute(() -> handled[0]++);
                    }
                    int before = handled[0];
                    core.await(Request.of(Sqe::nop));
                    assertTrue(handled[0] - before <= 5 * 16, "the whole flood went first");
                    while (handled[0] < 1000) {
                        Turns.pass(core, 1);
                    }
                });
    }

    @EveryDriver
    void taskThatYieldsGoesOnAfterCompletionsAndBehindAllThatWereReady(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            List<Integer> order = new ArrayList<>();
            List<Task<Object>> others = new ArrayList<>();
            for (int round = 0; round < 20; round++) {
                order.clear();
                for (int i = 0; i < 5; i++) {
                    int number = i;
                    others.add(core.spawn("other", () -> order.add(number)));
                }
                Request request = Request.of(Sqe::nop);
                core.submit(request);
                Alarm alarm = new Alarm(core);
                core.arm(alarm, Duration.ZERO);
                long turn = core.stats().turns();
                Core.yield();
                assertEquals(List.of(0, 1, 2, 3, 4), order);
                assertFalse(request.isInFlight(), "the completion waits");
                assertEquals(turn, alarm.turn, "the timer waits");
                assertEquals(turn + 1, core.stats().turns());
            }
            for (Task<Object> each : others) {
                each.join();
            }
        });
    }

    @Test
    void yieldIsForTasks() throws Exception {
        assertThrows(IllegalStateException.class, Core::yield);
        DriverUnderTest.EPOLL.run(core -> {
            Throwable[] refused = {null};
            core.execute(() -> refused[0] = assertThrows(IllegalStateException.class, Core::yield));
            while (refused[0] == null) {
                Core.yield();
            }
        });
    }

    @EveryDriver
    void turnEndsWhenItsTimeIsOver(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().turnBudget(Duration.ofNanos(1)),
                core -> {
                    long most = 0;
                    boolean[] over = {false};
                    List<Task<Object>> storm = storm(core, 100, over);
                    for (int i = 0; i < 50; i++) {
                        long turns = core.stats().turns();
                        long slices = core.stats().taskSwitches();
                        Turns.pass(core, 10);
                        long passed = core.stats().turns() - turns;
                        most = Math.max(most, (core.stats().taskSwitches() - slices) / passed);
                    }
                    over[0] = true;
                    assertTrue(most <= 8, most + " tasks in a turn whose time was over");
                    for (Task<Object> each : storm) {
                        each.join();
                    }
                });
    }

    /// Turns that are slow by themselves must not wait for eight of their kind.
    @RealDrivers
    void slowTasksDelayCompletionsByFewTurns(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().tasksPerTurn(1),
                core -> {
                    try (Pair pair = Pair.open();
                            IoBuffer out = IoBuffer.lease();
                            IoBuffer in = IoBuffer.lease()) {
                        for (int i = 0; i < 10; i++) {
                            Request receive = receive(pair, in);
                            core.submit(receive);
                            Turns.pass(core, 2);
                            assertEquals(1, Linux.send(pair.left.fd(), out.readAddress(), 1, 0));
                            int turns = 0;
                            while (receive.isInFlight()) {
                                long end = System.nanoTime() + 600_000;
                                while (System.nanoTime() - end < 0) {
                                    Thread.onSpinWait();
                                }
                                Core.yield();
                                turns++;
                            }
                            assertTrue(turns <= 2, turns + " slow turns until the completion");
                        }
                    }
                });
    }

    @EveryDriver
    void chainsThatNeverWaitStarveNeitherTasksNorTimers(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().completionsPerTurn(16),
                core -> {
                    List<Chain> chains = new ArrayList<>();
                    for (int i = 0; i < 64; i++) {
                        Chain chain = new Chain(core);
                        chains.add(chain);
                        core.submit(chain);
                    }
                    for (int i = 0; i < 200; i++) {
                        CoreStats before = core.stats();
                        Core.yield();
                        CoreStats stats = core.stats().minus(before);
                        assertEquals(1, stats.turns());
                        // The driver's own requests, for waking it, may come on top.
                        assertTrue(stats.completions() <= 16 + 1, "too many: " + stats);
                    }
                    Alarm alarm = new Alarm(core);
                    core.arm(alarm, Duration.ofMillis(1));
                    long deadline = alarm.deadlineNanos;
                    while (core.turnNanos() - deadline < 0) {
                        Core.yield();
                    }
                    assertTrue(alarm.turn >= 0, "the timer waits although it is due");
                    for (Chain each : chains) {
                        assertTrue(each.steps > 10, "a chain of few steps: " + each.steps);
                        each.over = true;
                    }
                    while (chains.stream().anyMatch(Operation::isInFlight)) {
                        Core.yield();
                    }
                });
    }

    @SuppressWarnings("ThreadPriorityCheck")
    private static List<Task<Object>> storm(Core core, int tasks, boolean[] over) {
        List<Task<Object>> storm = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            storm.add(
                    core.spawn(
                            "storm",
                            () -> {
                                while (!over[0]) {
                                    Thread.yield();
                                }
                                return null;
                            }));
        }
        return storm;
    }

    private static Request receive(Pair pair, IoBuffer in) {
        Request receive =
                Request.on(pair.right, sqe -> sqe.recv(pair.right.fd(), in.writeAddress(), 1, 0));
        receive.buffer(in);
        return receive;
    }

    /// Submits itself again each time.
    private static final class Chain extends Operation {
        private final Core core;
        private boolean over;
        private int steps;

        Chain(Core core) {
            super(null);
            this.core = core;
        }

        @Override
        protected void prepare(Sqe sqe) {
            sqe.nop();
        }

        @Override
        protected void completed(int result, int flags) {
            steps++;
            if (!over) {
                core.submit(this);
            }
        }

        @Override
        public String toString() {
            return "chain";
        }
    }

    /// Notes the turn in which it fires.
    private static final class Alarm extends Timer {
        private final Core core;
        private long turn = -1;

        Alarm(Core core) {
            this.core = core;
        }

        @Override
        protected void fired() {
            turn = core.stats().turns();
        }
    }
}
