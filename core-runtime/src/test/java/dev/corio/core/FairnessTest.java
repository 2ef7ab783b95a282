package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A thousand tasks that are always ready, against the ones that wait for something.
final class FairnessTest {
    private static final int STORM = 1000;

    /// The epoll driver looks for events in each eighth turn while there is other work, and a task
    /// that becomes ready has the whole storm before it: 1000 tasks at 256 in each turn.
    private static final int TURNS_MAX = 3 * (8 + 5);

    @EveryDriver
    @SuppressWarnings("ThreadPriorityCheck")
    void stormOfReadyTasksDoesNotStarveCompletionsAndTimers(DriverUnderTest driver)
            throws Exception {
        driver.run(
                driver.options().tasksPerTurn(256),
                core -> {
                    boolean[] over = {false};
                    List<Task<Object>> storm = new ArrayList<>();
                    for (int i = 0; i < STORM; i++) {
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
                    try (Pair pair = Pair.open();
                            IoBuffer out = IoBuffer.lease();
                            IoBuffer in = IoBuffer.lease()) {
                        for (int i = 0; i < 20; i++) {
                            long before = core.stats().turns();
                            core.await(Request.of(Sqe::nop));
                            assertFewTurns(core, before, "a no-op");
                        }
                        for (int i = 0; i < 20; i++) {
                            Request receive =
                                    Request.on(
                                            pair.right,
                                            sqe ->
                                                    sqe.recv(
                                                            pair.right.fd(),
                                                            in.writeAddress(),
                                                            1,
                                                            0));
                            receive.buffer(in);
                            core.submit(receive);
                            // So that it waits for readiness.
                            Turns.pass(core, 2);
                            long before = core.stats().turns();
                            assertEquals(1, Linux.send(pair.left.fd(), out.readAddress(), 1, 0));
                            while (receive.isInFlight()) {
                                Thread.yield();
                            }
                            assertFewTurns(core, before, "a receive");
                        }
                        for (int i = 0; i < 20; i++) {
                            Alarm alarm = new Alarm(core);
                            core.arm(alarm, Duration.ofMillis(1));
                            long deadline = alarm.deadlineNanos;
                            while (core.turnNanos() - deadline < 0 && alarm.turn < 0) {
                                Thread.yield();
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
