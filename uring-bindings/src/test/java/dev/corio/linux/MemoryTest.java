package dev.corio.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemoryTest {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment segment = arena.allocate(64, 8);
    private final long address = segment.address();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void whatIsPutIsThere() {
        Memory.putByte(address, (byte) -1);
        Memory.putShort(address + 1, (short) -2); // Any address will do.
        Memory.putInt(address + 3, -3);
        Memory.putLong(address + 7, -4);
        assertEquals(-1, Memory.getByte(address));
        assertEquals(-2, Memory.getShort(address + 1));
        assertEquals(-3, Memory.getInt(address + 3));
        assertEquals(-4, Memory.getLong(address + 7));
        assertEquals(-4, segment.get(ValueLayout.JAVA_LONG_UNALIGNED, 7));
    }

    @Test
    void orderedAccessSeesTheSameBytes() {
        Memory.putIntRelease(address, 17);
        assertEquals(17, Memory.getIntAcquire(address));
        assertEquals(17, Memory.getIntOpaque(address));
        Memory.putShortRelease(address + 2, (short) 1);
        assertEquals(1 << 16 | 17, Memory.getInt(address));
        assertThrows(IllegalArgumentException.class, () -> Memory.getIntAcquire(address + 1));
    }

    @Test
    void bytesAreCopiedBetweenArraysAndMemory() {
        byte[] source = {1, 2, 3, 4, 5};
        Memory.copy(source, 1, address, 4);
        Memory.copy(address, address + 2, 4); // Overlapping.
        byte[] target = new byte[8];
        Memory.copy(address, target, 2, 6);
        assertArrayEquals(new byte[] {0, 0, 2, 3, 2, 3, 4, 5}, target);
        Memory.zero(address + 1, 2);
        assertArrayEquals(
                new byte[] {2, 0, 0, 3}, segment.asSlice(0, 4).toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void buffersMoveOnByWhatIsCopied() {
        ByteBuffer heap = ByteBuffer.wrap(new byte[] {9, 1, 2, 3, 9}, 1, 3).slice();
        ByteBuffer direct = ByteBuffer.allocateDirect(8).position(2);
        Memory.copy(heap.asReadOnlyBuffer(), address, 3);
        Memory.copy(heap, address + 3, 2);
        assertEquals(1, heap.remaining());
        Memory.copy(address, direct, 5);
        assertEquals(7, direct.position());
        direct.position(2);
        Memory.copy(direct, address + 16, 5);
        ByteBuffer back = ByteBuffer.allocate(5);
        Memory.copy(address + 16, back, 5);
        assertArrayEquals(new byte[] {1, 2, 3, 1, 2}, back.array());
    }

    @Test
    void aDirectBufferHasTheAddressOfItsPosition() {
        ByteBuffer buffer = Memory.buffer(address, 64).position(5);
        assertEquals(address + 5, Memory.address(buffer));
        assertEquals(address + 5, Memory.segment(address + 5, 1).address());
        ByteBuffer heap = ByteBuffer.allocate(1);
        assertThrows(AssertionError.class, () -> Memory.address(heap));
    }

    @Test
    void mappedPagesAreZeroAndLiveAsLongAsTheirArena() {
        MemorySegment pages;
        try (Arena owner = Arena.ofShared()) {
            pages = Memory.map(10_000, owner);
            assertEquals(10_000, pages.byteSize());
            assertEquals(0, pages.address() % 4096);
            assertEquals(-1, pages.mismatch(MemorySegment.ofArray(new byte[10_000])));
        }
        assertThrows(IllegalStateException.class, () -> pages.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void moreThanThereIsCannotBeMapped() {
        assertThrows(OutOfMemoryError.class, () -> Memory.map(1L << 62, arena));
    }
}
