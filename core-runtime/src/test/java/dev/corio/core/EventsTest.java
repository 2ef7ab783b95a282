package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.corio.uring.Sqe;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;

/// Events as a recording has them.
final class EventsTest {
    /// What [#record] does meanwhile.
    @FunctionalInterface
    private interface Body {
        void run() throws Exception;
    }

    @EveryDriver
    void tasksAreRecordedFromStartToEnd(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options();
        List<RecordedEvent> events =
                record(() -> {
                    try (Cores cores = Cores.start(options)) {
                        cores.core(0).spawn("good", () -> 1).join();
                        Task<?> bad =
                                cores.core(0)
                                        .spawn(
                                                "bad",
                                                () -> {
                                                    throw new IllegalStateException("why");
                                                });
                        assertThrows(ExecutionException.class, bad::join);
                    }
                });
        for (String name : List.of("good", "bad")) {
            RecordedEvent start = only(events, "TaskStart", "task", name);
            RecordedEvent end = only(events, "TaskEnd", "task", name);
            assertEquals(0, start.getInt("core"));
            assertEquals(
                    start.getThread("taskThread").getJavaThreadId(),
                    end.getThread("taskThread").getJavaThreadId());
            assertTrue(end.getDuration("age").isPositive());
            if (name.equals("good")) {
                assertNull(end.getString("failure"));
            } else {
                assertEquals("java.lang.IllegalStateException: why", end.getString("failure"));
            }
        }
    }

    @EveryDriver
    void slowTurnIsRecordedAndQuickOnesAreNot(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options().turnBudget(Duration.ofSeconds(1));
        List<RecordedEvent> events =
                record(() -> {
                    try (Cores cores = Cores.start(options)) {
                        Core core = cores.core(0);
                        core.spawn("warm", () -> Core.sleep(Duration.ofMillis(1))).join();
                        core.spawn("slow", () -> burn(Duration.ofMillis(300))).join();
                    }
                });
        // A loaded machine may make others slow, too.
        RecordedEvent slow =
                events.stream()
                        .filter(event -> isKind(event, "SlowTurn"))
                        .filter(event -> event.getDuration().toMillis() >= 300)
                        .findFirst()
                        .orElseThrow();
        assertTrue(slow.getLong("taskSwitches") >= 1);
        assertTrue(events.stream().filter(event -> isKind(event, "SlowTurn")).count() < 10);
    }

    @EveryDriver
    void stallIsRecordedWhileItLastsAndWhenItIsOver(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options().stallAfter(Duration.ofMillis(20));
        List<RecordedEvent> events =
                record(() -> {
                    try (Logged logged = new Logged();
                            Cores cores = Cores.start(options)) {
                        cores.core(0)
                                .spawn(
                                        "stuck",
                                        () -> {
                                            while (logged.written("kept by task stuck").isEmpty()) {
                                                Thread.onSpinWait();
                                            }
                                        })
                                .join();
                        while (logged.with("task stuck had kept it").isEmpty()) {
                            Thread.sleep(1);
                        }
                    }
                });
        List<RecordedEvent> stalls = all(events, "Stall", "occupant", "task stuck");
        assertEquals(2, stalls.size());
        assertEquals(
                Set.of(true, false),
                Set.of(stalls.get(0).getBoolean("over"), stalls.get(1).getBoolean("over")));
        for (RecordedEvent each : stalls) {
            assertTrue(each.getDuration("lasted").toMillis() >= 20);
            assertTrue(each.getString("stack").contains("EventsTest"), each.getString("stack"));
        }
    }

    @EveryDriver
    void whatIsFullIsRecorded(DriverUnderTest driver) throws Exception {
        CoreOptions options =
                driver.options()
                        .operationsMax(4)
                        .mailboxMax(2)
                        .poolBytesMax(1 << 20)
                        .groupBuffers(0);
        List<RecordedEvent> events =
                record(() -> {
                    try (Cores cores = Cores.start(options)) {
                        Core core = cores.core(0);
                        core.spawn("filler", () -> fill(core)).join();
                    }
                });
        assertEquals(2, all(events, "Overflow", "queue", "mailbox").getFirst().getLong("limit"));
        assertEquals(4, only(events, "Overflow", "queue", "operations in flight").getLong("limit"));
        assertEquals(1 << 20, only(events, "Overflow", "queue", "buffer pool").getLong("limit"));
    }

    private static void fill(Core core) throws Exception {
        assertThrows(
                RejectedExecutionException.class,
                () -> {
                    while (true) {
                        core.execute(() -> {});
                    }
                });
        List<Request> requests = new ArrayList<>();
        Request refused;
        do {
            refused = Request.of(Sqe::nop);
            requests.add(refused);
        } while (core.submit(refused));
        while (requests.stream().anyMatch(Operation::isInFlight)) {
            Core.yield();
        }
        Task<?> leaser;
        try (IoBuffer all = IoBuffer.lease(1 << 20)) {
            assertEquals(1 << 20, all.capacity());
            leaser = core.spawn("leaser", () -> IoBuffer.lease(512).close());
            Turns.pass(core, 2);
        }
        leaser.join();
    }

    @Test
    void overflowOfTheCompletionQueueIsRecorded() throws Exception {
        CoreOptions options = DriverUnderTest.IO_URING.options().ringEntries(8);
        List<RecordedEvent> events =
                record(() -> {
                    try (Cores cores = Cores.start(options)) {
                        Core core = cores.core(0);
                        core.spawn(
                                        "many",
                                        () -> {
                                            Request[] requests = new Request[200];
                                            for (int i = 0; i < requests.length; i++) {
                                                requests[i] = Request.of(Sqe::nop);
                                                core.submit(requests[i]);
                                            }
                                            for (Request each : requests) {
                                                while (each.isInFlight()) {
                                                    Core.yield();
                                                }
                                            }
                                        })
                                .join();
                    }
                });
        assertEquals(
                32,
                all(events, "Overflow", "queue", "completion queue").getFirst().getLong("limit"));
    }

    @Test
    void fallbackOfTheDriverIsRecordedWithItsReason() throws Exception {
        CoreOptions options =
                DriverUnderTest.EPOLL.options().driver(DriverKind.AUTO).featureMask("-FAST_POLL");
        List<RecordedEvent> events = record(() -> Cores.start(options).close());
        RecordedEvent fallback = only(events, "DriverFallback", "driver", "epoll");
        assertTrue(fallback.getString("reason").contains("FAST_POLL"));
    }

    /// A task is a few objects; a turn with events switched off is none.
    @RealDrivers
    void eventsThatAreNotRecordedAllocateNothing(DriverUnderTest driver) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        driver.run(core -> {
            Task<?> task = core.spawn("task", () -> null);
            task.join();
            long[] bytes = {Long.MAX_VALUE};
            for (int round = 0; round < 3000 && bytes[0] > 0; round++) {
                int[] left = {1000};
                long[] begin = {0};
                core.execute(() -> begin[0] = threads.getCurrentThreadAllocatedBytes());
                Core.yield();
                while (left[0]-- > 0) {
                    Events.taskStarted(task);
                    Events.taskEnded(task, null);
                    Events.overflow(core, "nothing", 1);
                    Core.yield();
                }
                core.execute(() -> bytes[0] = threads.getCurrentThreadAllocatedBytes() - begin[0]);
                Core.yield();
                // The two orders themselves and their places.
                bytes[0] = Math.max(0, bytes[0] - 200);
            }
            assertEquals(0, bytes[0], "bytes in 1000 turns");
        });
    }

    /// With a runtime that lacks `jdk.jfr`, as jlink can make one.
    @Test
    void coresRunWithoutTheModuleOfTheRecorder() throws Exception {
        List<String> flags = new ArrayList<>(Child.FLAGS);
        flags.addAll(List.of("--limit-modules", "java.base,java.logging"));
        flags.addAll(List.of("-cp", Child.CLASS_PATH, WithoutRecorder.class.getName()));
        Child child = Child.run(List.of(), flags).expectSuccess();
        assertTrue(child.output().contains("kept by task stuck"), child.output());
        assertTrue(child.output().contains("no jdk.jfr: 1"), child.output());
    }

    /// They are not in a cache of classes, so each start would read them from the jar.
    @Test
    void withoutARecorderNoClassOfAnEventIsRead() throws Exception {
        List<String> flags = new ArrayList<>(Child.FLAGS);
        flags.add("-Xlog:class+load");
        flags.addAll(List.of("-cp", Child.CLASS_PATH, WithoutRecorder.class.getName()));
        Child child = Child.run(List.of(), flags).expectSuccess();
        assertTrue(child.output().contains("dev.corio.core.TurnRecorder "), child.output());
        assertFalse(child.output().contains("dev.corio.core.JfrEvents"), child.output());
    }

    /// Passes every place that would emit an event.
    static final class WithoutRecorder {
        private WithoutRecorder() {}

        public static void main(String[] arguments) throws Exception {
            CoreOptions options =
                    CoreOptions.defaults()
                            .featureMask("-FAST_POLL")
                            .stallAfter(Duration.ofMillis(20))
                            .operationsMax(4)
                            .mailboxMax(2)
                            .poolBytesMax(1 << 20)
                            .groupBuffers(0);
            try (Cores cores = Cores.start(options)) {
                Core core = cores.core(0);
                core.spawn("filler", () -> fill(core)).join();
                core.spawn("stuck", () -> burn(Duration.ofMillis(500))).join();
                int result = core.spawn("one", () -> 1).join();
                String present = ModuleLayer.boot().findModule("jdk.jfr").isPresent() ? "" : "no ";
                System.out.println(present + "jdk.jfr: " + result);
            }
        }
    }

    private static void burn(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - end < 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void recorderThatStartsLaterRecordsAndTheRuntimeDoesNotStartIt() throws Exception {
        Child.run(EventsTest.class).expectSuccess();
    }

    /// In a JVM of its own.
    public static void main(String... arguments) throws Exception {
        try (Cores cores = Cores.start(DriverUnderTest.EPOLL.options())) {
            cores.core(0).spawn("before", () -> {}).join();
            assertFalse(FlightRecorder.isInitialized());
            List<RecordedEvent> events =
                    record(() -> {
                        cores.core(0).spawn("while", () -> {}).join();
                        cores.core(0).spawn("slow", () -> burn(Duration.ofMillis(100))).join();
                        // The turn is told when it is over, before the next task.
                        cores.core(0).spawn("next", () -> {}).join();
                    });
            only(events, "TaskStart", "task", "while");
            assertTrue(events.stream().anyMatch(event -> isKind(event, "SlowTurn")));
        }
    }

    private static List<RecordedEvent> record(Body body) throws Exception {
        Path file = Files.createTempFile("corio-events", ".jfr");
        try (Recording recording = new Recording()) {
            recording.start();
            body.run();
            recording.stop();
            recording.dump(file);
            return RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().startsWith("dev.corio."))
                    .toList();
        } finally {
            Files.delete(file);
        }
    }

    private static boolean isKind(RecordedEvent event, String kind) {
        return event.getEventType().getName().equals("dev.corio." + kind);
    }

    private static List<RecordedEvent> all(
            List<RecordedEvent> events, String kind, String field, String value) {
        return events.stream()
                .filter(event -> isKind(event, kind) && value.equals(event.getString(field)))
                .toList();
    }

    private static RecordedEvent only(
            List<RecordedEvent> events, String kind, String field, String value) {
        List<RecordedEvent> found = all(events, kind, field, value);
        assertEquals(1, found.size(), kind + " of " + value + events);
        return found.getFirst();
    }
}
