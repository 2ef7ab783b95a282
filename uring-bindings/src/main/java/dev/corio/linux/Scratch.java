package dev.corio.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;

/// Native memory that a system call needs for its own duration: where errno is caught, and room for
/// one small argument. A platform thread keeps one; a virtual thread makes one per call, because it
/// may be one of a million.
///
/// **Threading:** belongs to the thread that asked for it.
final class Scratch {
    private static final long CAPTURE_BYTES = Linker.Option.captureStateLayout().byteSize();
    private static final long ARGUMENT_BYTES = 32;
    private static final ThreadLocal<Scratch> OF_PLATFORM_THREAD =
            ThreadLocal.withInitial(Scratch::new);

    /// What a downcall that captures errno takes first.
    final MemorySegment capture;

    /// Room for an argument of up to 32 bytes, aligned for any of them.
    final long argument;

    private Scratch() {
        // A size of its own multiple keeps the argument aligned behind the captured state.
        long captureBytes = (CAPTURE_BYTES + 15) & -16;
        this.capture = Arena.ofAuto().allocate(captureBytes + ARGUMENT_BYTES, 16);
        this.argument = capture.address() + captureBytes;
    }

    static Scratch current() {
        return Thread.currentThread().isVirtual() ? new Scratch() : OF_PLATFORM_THREAD.get();
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
