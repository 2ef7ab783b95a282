package dev.corio.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Native memory that a system call needs for its own duration: where errno is caught, and room for
/// one small argument. A platform thread keeps one; a virtual thread makes one per call, because it
/// may be one of a million. Close it when the call is over.
///
/// **Threading:** belongs to the thread that asked for it.
final class Scratch implements AutoCloseable {
    private static final long CAPTURE_BYTES = Linker.Option.captureStateLayout().byteSize();
    private static final long ARGUMENT_BYTES = 32;
    private static final ThreadLocal<Scratch> OF_PLATFORM_THREAD =
            ThreadLocal.withInitial(() -> new Scratch(Arena.ofAuto(), null));

    /// What a downcall that captures errno takes first.
    final MemorySegment capture;

    /// Room for an argument of up to 32 bytes, aligned for any of them.
    final long argument;

    /// Null where the memory is used again.
    private final @Nullable Arena oneCall;

    private Scratch(Arena arena, @Nullable Arena oneCall) {
        // A multiple of the largest alignment keeps the argument aligned behind the captured state.
        long captureBytes = (CAPTURE_BYTES + 15) & -16;
        this.capture = arena.allocate(captureBytes + ARGUMENT_BYTES, 16);
        this.argument = capture.address() + captureBytes;
        this.oneCall = oneCall;
    }

    static Scratch current() {
        return Thread.currentThread().isVirtual() ? ofOneCall() : OF_PLATFORM_THREAD.get();
    }

    @SuppressWarnings("MustBeClosedChecker") // The scratch closes it.
    private static Scratch ofOneCall() {
        Arena arena = Arena.ofConfined();
        return new Scratch(arena, arena);
    }

    @Override
    public void close() {
        if (oneCall != null) {
            oneCall.close();
        }
    }

    /// The result of a call in our dialect: itself, or `-errno` if it is negative.
    int answer(int result) {
        return result >= 0 ? result : -errno();
    }

    /// As [#answer(int)] for calls that return a long.
    long answer(long result) {
        return result >= 0 ? result : -errno();
    }

    private int errno() {
        return Memory.getInt(capture.address());
    }
}
