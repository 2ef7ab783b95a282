package dev.corio.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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
            return (int)
                    Linker.nativeLinker()
                            .downcallHandle(
                                    function("gettid"), FunctionDescriptor.of(ValueLayout.JAVA_INT))
                            .invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /// Interrupts the system call that a thread waits in, as a profiler's signal would. The handler
    /// is a function of libc that takes an int and does nothing with it.
    public static void interruptSystemCall(int threadId) {
        try {
            MemorySegment handler = function("abs");
            FunctionDescriptor two =
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
            Linker linker = Linker.nativeLinker();
            MemorySegment before =
                    (MemorySegment)
                            linker.downcallHandle(
                                            function("signal"),
                                            FunctionDescriptor.of(
                                                    ValueLayout.ADDRESS,
                                                    ValueLayout.JAVA_INT,
                                                    ValueLayout.ADDRESS))
                                    .invokeExact(SIGURG, handler);
            int never =
                    (int)
                            linker.downcallHandle(function("siginterrupt"), two)
                                    .invokeExact(SIGURG, 1);
            int sent =
                    (int)
                            linker.downcallHandle(
                                            function("tgkill"),
                                            FunctionDescriptor.of(
                                                    ValueLayout.JAVA_INT,
                                                    ValueLayout.JAVA_INT,
                                                    ValueLayout.JAVA_INT,
                                                    ValueLayout.JAVA_INT))
                                    .invokeExact(
                                            (int) ProcessHandle.current().pid(), threadId, SIGURG);
            if (before.address() == -1 || never != 0 || sent != 0) {
                throw new AssertionError("signal could not be sent to thread " + threadId);
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MemorySegment function(String name) {
        return Linker.nativeLinker().defaultLookup().findOrThrow(name);
    }
}
