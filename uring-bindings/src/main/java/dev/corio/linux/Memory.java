package dev.corio.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/// Bytes at an address. No bounds, no lifetime, no owner: a wrong address ends the process, or
/// worse, does not. The layers above prove their addresses before they come here.
///
/// Plain access takes any address; acquire, release and opaque access need natural alignment. Byte
/// order is the processor's.
///
/// **Threading:** safe from any thread; what the memory is used for decides.
public final class Memory {
    /// All of the address space: one segment, so that an access needs no object and no check that
    /// matters.
    private static final MemorySegment EVERYTHING = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final VarHandle ORDERED_SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final VarHandle ORDERED_INT = ValueLayout.JAVA_INT.varHandle();

    private Memory() {}

    /// The byte at `address`.
    public static byte getByte(long address) {
        return EVERYTHING.get(BYTE, address);
    }

    /// Stores a byte at `address`.
    public static void putByte(long address, byte value) {
        EVERYTHING.set(BYTE, address, value);
    }

    /// The two bytes at `address`.
    public static short getShort(long address) {
        return EVERYTHING.get(SHORT, address);
    }

    /// Stores two bytes at `address`.
    public static void putShort(long address, short value) {
        EVERYTHING.set(SHORT, address, value);
    }

    /// The four bytes at `address`.
    public static int getInt(long address) {
        return EVERYTHING.get(INT, address);
    }

    /// Stores four bytes at `address`.
    public static void putInt(long address, int value) {
        EVERYTHING.set(INT, address, value);
    }

    /// The eight bytes at `address`.
    public static long getLong(long address) {
        return EVERYTHING.get(LONG, address);
    }

    /// Stores eight bytes at `address`.
    public static void putLong(long address, long value) {
        EVERYTHING.set(LONG, address, value);
    }

    /// Loads four bytes; nothing after the load is done before it. The partner of a store with
    /// release on the other side.
    public static int getIntAcquire(long address) {
        return (int) ORDERED_INT.getAcquire(EVERYTHING, address);
    }

    /// Stores four bytes; nothing before the store is done after it.
    public static void putIntRelease(long address, int value) {
        ORDERED_INT.setRelease(EVERYTHING, address, value);
    }

    /// Loads four bytes that someone else may be changing, once and whole, in no order with others.
    public static int getIntOpaque(long address) {
        return (int) ORDERED_INT.getOpaque(EVERYTHING, address);
    }

    /// Stores two bytes; nothing before the store is done after it.
    public static void putShortRelease(long address, short value) {
        ORDERED_SHORT.setRelease(EVERYTHING, address, value);
    }

    /// Copies `length` bytes; the ranges may overlap.
    public static void copy(long source, long target, long length) {
        MemorySegment.copy(EVERYTHING, source, EVERYTHING, target, length);
    }

    /// Copies `length` bytes from memory into `target[index…]`.
    public static void copy(long source, byte[] target, int index, int length) {
        MemorySegment.copy(EVERYTHING, BYTE, source, target, index, length);
    }

    /// Copies `length` bytes from `source[index…]` into memory.
    public static void copy(byte[] source, int index, long target, int length) {
        MemorySegment.copy(source, index, EVERYTHING, BYTE, target, length);
    }

    /// Copies `length` bytes from memory to the buffer's position and moves it on.
    public static void copy(long source, ByteBuffer target, int length) {
        int position = target.position();
        if (target.hasArray()) {
            copy(source, target.array(), target.arrayOffset() + position, length);
        } else {
            MemorySegment.copy(EVERYTHING, source, MemorySegment.ofBuffer(target), 0, length);
        }
        target.position(position + length);
    }

    /// Copies `length` bytes from the buffer's position into memory and moves it on.
    public static void copy(ByteBuffer source, long target, int length) {
        int position = source.position();
        if (source.hasArray()) {
            copy(source.array(), source.arrayOffset() + position, target, length);
        } else {
            MemorySegment.copy(MemorySegment.ofBuffer(source), 0, EVERYTHING, target, length);
        }
        source.position(position + length);
    }

    /// Sets `length` bytes to zero.
    public static void zero(long address, long length) {
        EVERYTHING.asSlice(address, length).fill((byte) 0);
    }

    /// Pages of their own, all zero, alive as long as the arena, which gives them back. One takes
    /// memory only when it is touched; an arena's own allocation touches all of them, in a loop.
    ///
    /// @throws OutOfMemoryError when the system has no more
    public static MemorySegment map(long bytes, Arena arena) {
        long address = Linux.mapPages(bytes);
        if (address < 0) {
            throw new OutOfMemoryError("mmap(bytes=" + bytes + "): errno " + -address);
        }
        try {
            return segment(address, bytes)
                    .reinterpret(arena, pages -> Linux.munmap(pages.address(), pages.byteSize()));
        } catch (Throwable e) {
            // Nobody else would give it back: the heap was full, or the arena is closed.
            Linux.munmap(address, bytes);
            throw e;
        }
    }

    /// The memory at `address` as a segment that is always alive: it keeps nothing from being
    /// freed.
    public static MemorySegment segment(long address, long bytes) {
        return EVERYTHING.asSlice(address, bytes);
    }

    /// The memory at `address` as a direct buffer in big-endian order, always alive like
    /// [#segment(long, long)].
    public static ByteBuffer buffer(long address, int bytes) {
        return EVERYTHING.asSlice(address, bytes).asByteBuffer();
    }

    /// As above, but alive only as long as the arena: when that is closed each access fails. The
    /// memory itself is not touched by that.
    public static ByteBuffer buffer(long address, int bytes, Arena arena) {
        return EVERYTHING.asSlice(address, bytes).reinterpret(arena, null).asByteBuffer();
    }

    /// The address of a direct buffer's position. The buffer must be kept reachable for as long as
    /// the address is used.
    public static long address(ByteBuffer direct) {
        assert direct.isDirect() : "a heap buffer has no address; copy it";
        return MemorySegment.ofBuffer(direct).address();
    }
}
