package dev.corio.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A piece of native memory that [BufferPool] cuts into buffers of one size. When none of them is
/// leased it can be given back to the system, so that another size can have the memory.
///
/// **Threading:** confined to its core.
final class BufferSlab {
    private static final int PAGE_BYTES = 4096;

    private final BufferPool pool;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final int bufferBytes;
    private long cutBytes;
    private int leasedCount;

    BufferSlab(BufferPool pool, long bytes, int bufferBytes) {
        this.pool = pool;
        this.bufferBytes = bufferBytes;
        memory = arena.allocate(bytes, PAGE_BYTES);
    }

    long bytes() {
        return memory.byteSize();
    }

    int bufferBytes() {
        return bufferBytes;
    }

    boolean isUnused() {
        return leasedCount == 0;
    }

    /// A buffer that was never there before, or null when the slab is cut up.
    @Nullable IoBuffer cut(int groupId) {
        if (cutBytes == memory.byteSize()) {
            return null;
        }
        IoBuffer buffer = new IoBuffer(pool, this, memory.asSlice(cutBytes, bufferBytes), groupId);
        cutBytes += bufferBytes;
        return buffer;
    }

    void leased() {
        leasedCount++;
    }

    void released() {
        leasedCount--;
    }

    void close() {
        arena.close();
    }
}
