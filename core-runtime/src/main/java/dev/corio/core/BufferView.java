package dev.corio.core;

import dev.corio.linux.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// The `ByteBuffer` through which one lease shows its memory, and what can be done to take it away
/// again.
///
/// A `ByteBuffer` cannot be revoked for nothing. So it is emptied when the memory goes to the
/// driver or back to the pool: every access then fails until somebody widens its limits again.
/// Where released memory is guarded, the view has an arena of its own, which is closed with the
/// lease: it fails for ever, and so does each slice or duplicate of it.
///
/// **Threading:** confined to its core.
final class BufferView {
    private final @Nullable Arena arena;
    private final ByteBuffer bytes;

    private BufferView(@Nullable Arena arena, ByteBuffer bytes) {
        this.arena = arena;
        this.bytes = bytes;
    }

    @SuppressWarnings("MustBeClosedChecker") // revoke() closes it
    static BufferView of(BufferMemory memory, int start, int bytes) {
        if (!memory.slab.isGuarded()) {
            boolean isWhole = bytes == memory.bytes();
            MemorySegment part = isWhole ? memory.segment : memory.segment.asSlice(start, bytes);
            return new BufferView(null, part.asByteBuffer());
        }
        // Shared, because each task is a thread of its own.
        Arena arena = Arena.ofShared();
        return new BufferView(arena, Memory.buffer(memory.address + start, bytes, arena));
    }

    ByteBuffer show(int from, int to) {
        return bytes.order(ByteOrder.BIG_ENDIAN).limit(to).position(from);
    }

    void empty() {
        bytes.limit(0);
    }

    void revoke() {
        empty();
        if (arena != null) {
            arena.close();
        }
    }
}
