package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/// A task that waits while it cannot leave its thread: inside a class initialiser, or called back
/// from native code. It is served, or refused with the reason; never does the core hang silently.
final class PinnedWaitTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @EveryDriver
    void taskThatYieldsInAClassInitialiserLetsCompletionsIn(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            Request request = Request.of(Sqe::nop);
            core.submit(request);
            Pinned.inInitialiser(() -> {
                Core.yield();
                return null;
            });
            assertFalse(request.isInFlight());
            core.spawn("next", () -> null).join();
        });
    }

    @EveryDriver
    void anotherCoreIsAskedInAClassInitialiserWhileTheOwnOneIsServed(DriverUnderTest driver)
            throws Exception {
        CoreOptions options = driver.options();
        int cpu = options.cpus()[0];
        try (Cores cores = Cores.start(options.cpus(cpu, cpu))) {
            CoreCall<Integer> call = CoreCall.of("index", () -> Core.current().index());
            Task<Integer> pinned =
                    cores.core(0)
                            .spawn(
                                    "asks",
                                    () -> Pinned.inInitialiser(() -> call.await(cores.core(1))));
            assertEquals(1, pinned.join(LONG));
        }
    }

    @EveryDriver
    void operationAwaitedInAClassInitialiserIsServed(DriverUnderTest driver) throws Exception {
        try (Logged logged = new Logged()) {
            driver.run(core -> {
                for (int i = 0; i < 3; i++) {
                    assertEquals(0, Pinned.inInitialiser(() -> core.await(Request.of(Sqe::nop))));
                }
                assertEquals(0, core.await(Request.of(Sqe::nop)), "the core goes on");
            });
            assertEquals(1, logged.with("pinned").size(), "said once");
        }
    }

    @RealDrivers
    void connectionThatComesLaterIsAcceptedInAClassInitialiser(DriverUnderTest driver)
            throws Exception {
        try (Logged _ = new Logged()) {
            driver.run(core -> {
                try (LoopbackListener listener = LoopbackListener.open()) {
                    Thread client = Thread.ofPlatform().start(() -> connectAndClose(listener));
                    int fd =
                            Pinned.inInitialiser(() ->
                                    core.await(
                                            Request.on(
                                                    listener.descriptor,
                                                    sqe ->
                                                            sqe.accept(
                                                                    listener.descriptor.fd(),
                                                                    0,
                                                                    0,
                                                                    Linux.SOCK_CLOEXEC))));
                    assertTrue(fd > 0);
                    core.sockets().close(fd);
                    Blocking.call(() -> client.join(LONG));
                }
            });
        }
    }

    private static void connectAndClose(LoopbackListener listener) {
        try {
            Thread.sleep(20);
            InetSocketAddress address = listener.address();
            new Socket(address.getAddress(), address.getPort()).close();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @EveryDriver
    void waitThatUsedUpTheThreadsPermitDoesNotStopTheNextOne(DriverUnderTest driver)
            throws Exception {
        try (Logged _ = new Logged()) {
            driver.run(core -> {
                int outcome =
                        Pinned.inInitialiser(() -> {
                            LockSupport.parkNanos(1000);
                            LockSupport.parkNanos(1000);
                            return core.await(Request.of(Sqe::nop));
                        });
                assertEquals(0, outcome);
            });
        }
    }

    @EveryDriver
    void suspensionInAClassInitialiserFailsWithTheReason(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Suspension never = new Suspension(core, "godot");
            var refusal =
                    assertThrows(
                            IllegalStateException.class,
                            () ->
                                    Pinned.inInitialiser(() -> {
                                        never.await();
                                        return null;
                                    }));
            assertTrue(refusal.getMessage().contains("godot"), refusal.getMessage());
            assertTrue(refusal.getMessage().contains("class initialiser"), refusal.getMessage());
            assertEquals(0, core.await(Request.of(Sqe::nop)), "the core goes on");
        });
    }

    @Test
    void joinOfATaskOfTheSameCoreFailsWithTheReason() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            Task<Integer> other = core.spawn("other", () -> 7);
            var refusal =
                    assertThrows(
                            IllegalStateException.class, () -> Pinned.inInitialiser(other::join));
            assertTrue(refusal.getMessage().contains("task other"), refusal.getMessage());
            Task<Integer> third = core.spawn("third", () -> 7);
            assertThrows(
                    IllegalStateException.class,
                    () -> Pinned.inInitialiser(() -> third.join(LONG)));
            assertEquals(7, other.join(), "the core goes on");
            assertEquals(7, third.join());
        });
    }

    @Test
    void joinOfATaskOfAnotherCoreIsServed() throws Exception {
        try (Cores others = Cores.start(DriverUnderTest.EPOLL.options())) {
            DriverUnderTest.EPOLL.run(core -> {
                Task<Integer> far =
                        others.core(0)
                                .spawn(
                                        "far",
                                        () -> {
                                            Core.sleep(Duration.ofMillis(30));
                                            return 8;
                                        });
                assertEquals(8, (int) Pinned.inInitialiser(() -> far.join()));
            });
        }
    }

    @EveryDriver
    void closingTheCoreEndsAPinnedWait(DriverUnderTest driver) throws Exception {
        Task<Integer> deaf;
        try (Logged _ = new Logged();
                Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            CountDownLatch begun = new CountDownLatch(1);
            deaf =
                    core.spawn(
                            "deaf",
                            () -> {
                                try (Pair pair = Pair.open()) {
                                    return Pinned.inInitialiser(() -> {
                                        begun.countDown();
                                        return core.await(
                                                Request.on(
                                                        pair.left,
                                                        sqe ->
                                                                sqe.pollAdd(
                                                                        pair.left.fd(),
                                                                        Linux.POLLIN)));
                                    });
                                }
                            });
            begun.await();
        }
        assertThrows(CancellationException.class, () -> deaf.join(LONG));
    }

    @EveryDriver
    void operationAwaitedInAnUpcallFromNativeCodeIsServed(DriverUnderTest driver) throws Exception {
        try (Logged _ = new Logged()) {
            driver.run(core -> {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment numbers =
                            arena.allocateFrom(ValueLayout.JAVA_INT, 5, 3, 9, 1, 7, 2);
                    sort(arena, core, numbers, 6);
                    for (int i = 1; i < 6; i++) {
                        assertTrue(
                                numbers.getAtIndex(ValueLayout.JAVA_INT, i - 1)
                                        < numbers.getAtIndex(ValueLayout.JAVA_INT, i));
                    }
                }
                assertEquals(0, core.await(Request.of(Sqe::nop)), "the core goes on");
            });
        }
    }

    private static void sort(Arena arena, Core core, MemorySegment numbers, long count)
            throws Exception {
        Linker linker = Linker.nativeLinker();
        var pointer = ValueLayout.ADDRESS.withTargetLayout(ValueLayout.JAVA_INT);
        MethodHandle compare =
                MethodHandles.lookup()
                        .findStatic(
                                PinnedWaitTest.class,
                                "compare",
                                MethodType.methodType(
                                        int.class,
                                        Core.class,
                                        MemorySegment.class,
                                        MemorySegment.class))
                        .bindTo(core);
        MemorySegment upcall =
                linker.upcallStub(
                        compare,
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, pointer, pointer),
                        arena);
        MethodHandle qsort =
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("qsort"),
                        FunctionDescriptor.ofVoid(
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.ADDRESS));
        try {
            qsort.invokeExact(numbers, count, 4L, upcall);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("unused") // called by qsort
    private static int compare(Core core, MemorySegment left, MemorySegment right) {
        try {
            core.await(Request.of(Sqe::nop));
        } catch (IOException e) {
            // An exception in an upcall would end the JVM; an order that is wrong fails the test.
            return 0;
        }
        return Integer.compare(
                left.get(ValueLayout.JAVA_INT, 0), right.get(ValueLayout.JAVA_INT, 0));
    }
}
