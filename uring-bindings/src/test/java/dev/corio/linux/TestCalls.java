package dev.corio.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/// What only tests call.
public final class TestCalls {
    /// Ignored unless someone handles it, and nobody in a JVM does.
    private static final int SIGURG = 23;

    private TestCalls() {}

    public static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return (int)
                    Linker.nativeLinker()
                            .downcallHandle(
                                    function("open"),
                                    FunctionDescriptor.of(
                                            ValueLayout.JAVA_INT,
                                            ValueLayout.ADDRESS,
                                            ValueLayout.JAVA_INT),
                                    Linker.Option.firstVariadicArg(2))
                            .invokeExact(arena.allocateFrom(path), flags);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /// The calling thread's number in the kernel.
    public static int threadId() {
        try {
            return (int) call("gettid", JAVA_INT).invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /// Interrupts whatever system call a thread waits in, as a profiler's signals would, until its
    /// task is done. The first signal may come before the thread waits, so there are more.
    public static void interruptUntilDone(Future<?> task, AtomicInteger threadId)
            throws InterruptedException {
        handleSignal();
        for (int signals = 0; signals < 1000 && !task.isDone(); signals++) {
            Thread.sleep(10);
            if (threadId.get() != 0) {
                send(threadId.get()); // Answers ESRCH when the thread has just ended.
            }
        }
    }

    /// The handler is a function of libc that takes an int and does nothing with it.
    private static void handleSignal() {
        try {
            MemorySegment before =
                    (MemorySegment)
                            call("signal", ValueLayout.ADDRESS, JAVA_INT, ValueLayout.ADDRESS)
                                    .invokeExact(SIGURG, function("abs"));
            int never =
                    (int) call("siginterrupt", JAVA_INT, JAVA_INT, JAVA_INT).invokeExact(SIGURG, 1);
            if (before.address() == -1 || never != 0) {
                throw new AssertionError("the signal could not be handled");
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static int send(int threadId) {
        try {
            int process = (int) ProcessHandle.current().pid();
            return (int)
                    call("tgkill", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT)
                            .invokeExact(process, threadId, SIGURG);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
        FunctionDescriptor type = FunctionDescriptor.of(result, arguments);
        return Linker.nativeLinker().downcallHandle(function(name), type);
    }

    private static MemorySegment function(String name) {
        return Linker.nativeLinker().defaultLookup().findOrThrow(name);
    }
}
