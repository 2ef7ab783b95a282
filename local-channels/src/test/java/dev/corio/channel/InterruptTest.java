package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Child;
import dev.corio.core.Core;
import dev.corio.core.Cores;
import dev.corio.core.Deadline;
import dev.corio.core.DeadlineExceededException;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every call that waits is ended by an interrupt, by cancelling its task and by cancelling the
/// future of a child thread; it takes nothing along, and is told apart from closing.
final class InterruptTest {
    /// A call that waits for ever unless it is ended.
    @FunctionalInterface
    private interface Wait {
        void begin() throws Exception;
    }

    /// Makes what is waited for, on its core, so that the call has to wait.
    @FunctionalInterface
    private interface Setting {
        Wait open() throws Exception;
    }

    private enum WaitingCall {
        SEND(() -> {
            LocalChannel<Integer> channel = LocalChannel.bounded(1);
            channel.send(0);
            return () -> channel.send(1);
        }),
        RESERVE(() -> {
            LocalChannel<Integer> channel = LocalChannel.bounded(1);
            channel.send(0);
            return channel::reserve;
        }),
        RECEIVE(() -> LocalChannel.bounded(1)::receive),
        RECEIVE_MANY(() -> {
            LocalChannel<Integer> channel = LocalChannel.bounded(1);
            return () -> channel.receiveMany(item -> {}, 2);
        }),
        ONESHOT(() -> new LocalOneshot<>()::receive),
        ONESHOT_END(() -> new LocalOneshot<>()::awaitClosed),
        BROADCAST(() -> new LocalBroadcast<>(2).subscribe()::receive),
        WATCH(() -> new LocalWatch<>(0).subscribe()::receive),
        SEMAPHORE(() -> new LocalSemaphore(0)::acquire),
        MUTEX(() -> {
            LocalMutex mutex = new LocalMutex();
            LocalEvent never = new LocalEvent();
            Core.current()
                    .spawn(
                            "hold",
                            () -> {
                                try (var _ = mutex.lock()) {
                                    never.await();
                                }
                            });
            pass();
            return mutex::lock;
        }),
        EVENT(() -> new LocalEvent()::await),
        BARRIER(() -> new LocalBarrier(2)::await),
        ONCE(() -> {
            LocalOnce<Integer> once = new LocalOnce<>();
            LocalEvent never = new LocalEvent();
            Core.current().spawn("make", () -> once.get(() -> waitFor(never)));
            pass();
            return () -> once.get(() -> 1);
        }),
        GATE(() -> {
            LocalGate gate = new LocalGate();
            gate.enter();
            return gate::awaitEmpty;
        }),
        CANCELLATION(() -> new LocalCancellation()::await),
        SELECT(() -> {
            Select select = Select.fair();
            select.receive(LocalChannel.bounded(1));
            select.after(Duration.ofDays(1));
            return select::await;
        }),
        CROSS_CORE_SEND(() -> {
            CrossCoreChannel<Integer> channel = fullCrossCoreChannel();
            return () -> channel.send(1);
        }),
        CROSS_CORE_SEND_MANY(() -> {
            CrossCoreChannel<Integer> channel = fullCrossCoreChannel();
            return () -> channel.sendMany(new Integer[] {1, 2}, 0, 2);
        }),
        CROSS_CORE_RECEIVE(() -> CrossCoreChannel.mpsc(Core.current(), 2)::receive),
        CROSS_CORE_RECEIVE_MANY(() -> {
            CrossCoreChannel<Integer> channel = CrossCoreChannel.mpsc(Core.current(), 2);
            return () -> channel.receiveMany(item -> {}, 2);
        }),
        CROSS_CORE_SELECT(() -> {
            Select select = Select.fair();
            select.receive(CrossCoreChannel.mpsc(Core.current(), 2));
            select.send(fullCrossCoreChannel(), 1);
            return select::await;
        }),
        /// Each wait abandons its request.
        REQUEST(() -> {
            CrossCoreChannel<Request<Integer, Integer>> questions =
                    CrossCoreChannel.mpsc(Core.current(), 16);
            return () -> new Request<Integer, Integer>().ask(questions, 1);
        }),
        REQUEST_WITHOUT_ROOM(() -> {
            CrossCoreChannel<Request<Integer, Integer>> questions =
                    CrossCoreChannel.mpsc(Core.current(), 2);
            while (questions.trySend(new Request<>())) {}
            Request<Integer, Integer> request = new Request<>();
            return () -> request.ask(questions, 1);
        }),
        MESH_SEND(() -> {
            Mesh<Integer>.Port port = Mesh.<Integer>of(Core.current().cores(), 4).join();
            while (port.trySend(0, 1)) {}
            return () -> port.send(0, 1);
        }),
        MESH_RECEIVE(() -> Mesh.of(Core.current().cores(), 4).join()::receive),
        MESH_RECEIVE_MANY(() -> {
            Mesh<Integer>.Port port = Mesh.<Integer>of(Core.current().cores(), 4).join();
            return () -> port.receiveMany(item -> {}, 2);
        });

        private final Setting setting;

        WaitingCall(Setting setting) {
            this.setting = setting;
        }
    }

    @ParameterizedTest
    @EnumSource(WaitingCall.class)
    void interruptEndsTheWait(WaitingCall call) throws Exception {
        onCore(core -> {
            Wait wait = call.setting.open();
            for (int i = 0; i < 3; i++) {
                Task<?> task = core.spawn("wait", () -> assertInterrupted(wait));
                pass();
                assertFalse(task.isDone());
                task.thread().interrupt();
                task.join();
            }
        });
    }

    @ParameterizedTest
    @EnumSource(WaitingCall.class)
    void interruptBeforeTheWaitEndsIt(WaitingCall call) throws Exception {
        onCore(core -> {
            Wait wait = call.setting.open();
            Thread.currentThread().interrupt();
            assertInterrupted(wait);
        });
    }

    @ParameterizedTest
    @EnumSource(WaitingCall.class)
    void deadlineEndsTheWait(WaitingCall call) throws Exception {
        onCore(core -> {
            Wait wait = call.setting.open();
            assertThrows(
                    DeadlineExceededException.class,
                    () -> Deadline.within(Duration.ofMillis(1), wait::begin));
            assertFalse(Thread.currentThread().isInterrupted());
        });
    }

    @ParameterizedTest
    @EnumSource(WaitingCall.class)
    void cancelledTaskEndsAsCancelled(WaitingCall call) throws Exception {
        onCore(core -> {
            Wait wait = call.setting.open();
            Task<?> task = core.spawn("wait", () -> wait.begin());
            pass();
            task.cancel();
            assertThrows(CancellationException.class, task::join);
        });
    }

    @ParameterizedTest
    @EnumSource(WaitingCall.class)
    void childThreadsWaitToo(WaitingCall call) throws Exception {
        onCore(core -> {
            Wait wait = call.setting.open();
            try (var children = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<?> child = children.submit(() -> assertInterrupted(wait));
                pass();
                assertFalse(child.isDone());
                child.cancel(true);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(WaitingCall.class)
    void loopIsRefusedAndLeavesNothingBehind(WaitingCall call) throws Exception {
        onCore(core -> {
            Wait wait = call.setting.open();
            String refusal =
                    core.submit(
                                    "wait",
                                    () ->
                                            assertThrows(IllegalStateException.class, wait::begin)
                                                    .getMessage())
                            .join();
            assertEquals("the loop itself cannot wait; spawn a task", refusal);
            Thread.currentThread().interrupt();
            assertInterrupted(wait);
        });
    }

    /// Scopes are a preview of JDK 25, so run from their source, in a JVM of their own.
    @Test
    void failingForkOfAScopeEndsTheWaitsOfTheOthers() throws Exception {
        List<String> flags = new ArrayList<>(Child.FLAGS);
        flags.addAll(List.of("--enable-preview", "--source", "25", "-cp", Child.CLASS_PATH));
        Child child = Child.run(List.of(), flags, Child.source("StructuredWaits.java"));
        assertEquals(0, child.exit(), child.output());
        assertTrue(child.output().endsWith("ok"), child.output());
    }

    private static void onCore(DriverUnderTest.Body body) throws Exception {
        // Tasks that the setting leaves behind are cancelled when the core closes.
        try (var cores = Cores.start(DriverUnderTest.EPOLL.options())) {
            Core core = cores.core(0);
            core.spawn("test", () -> body.run(core)).join();
        }
    }

    private static Object assertInterrupted(Wait wait) {
        InterruptedException e = assertThrows(InterruptedException.class, wait::begin);
        assertTrue(e.getMessage().startsWith("interrupted"), e.getMessage());
        assertFalse(Thread.currentThread().isInterrupted());
        return "ended";
    }

    private static CrossCoreChannel<Integer> fullCrossCoreChannel() {
        CrossCoreChannel<Integer> channel = CrossCoreChannel.mpsc(Core.current(), 2);
        while (channel.trySend(0)) {}
        return channel;
    }

    private static Integer waitFor(LocalEvent event) throws InterruptedException {
        event.await();
        return 0;
    }

    /// Lets the others run until they wait.
    @SuppressWarnings("ThreadPriorityCheck") // the yield lets them go on
    private static void pass() {
        for (int i = 0; i < 4; i++) {
            Thread.yield();
        }
    }
}
