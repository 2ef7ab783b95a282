package dev.corio.core;

import dev.corio.linux.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// A piece of native memory that is cut into buffers of one size. When none of them is leased it
/// can be given back to the system, so that another size can have the memory.
///
/// In a guarded slab each buffer has pages of its own, so that they can be protected one by one. It
/// counts as large as without.
///
/// **Threading:** confined to its core.
final class BufferSlab {
    /// The largest page that Linux has on our processors.
    private static final int GUARDED_PAGE_BYTES = 1 << 16;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final boolean guarded;
    private final int bufferBytes;
    private final int strideBytes;
    private final int buffersMax;
    private final List<BufferMemory> buffers = new ArrayList<>();
    private int leasedCount;
    private boolean draining;

    /// @throws OutOfMemoryError when the system has no more
    BufferSlab(int bufferBytes, int buffersMax, boolean guarded) {
        this.bufferBytes = bufferBytes;
        this.buffersMax = buffersMax;
        this.guarded = guarded;
        strideBytes = guarded ? Math.max(GUARDED_PAGE_BYTES, bufferBytes) : bufferBytes;
        memory = Memory.map((long) buffersMax * strideBytes, arena);
    }

    /// What it takes of the pool's limit.
    long bytes() {
        return (long) buffersMax * bufferBytes;
    }

    int bufferBytes() {
        return bufferBytes;
    }

    /// From the beginning of one buffer to the next.
    int strideBytes() {
        return strideBytes;
    }

    boolean isGuarded() {
        return guarded;
    }

    long leasedBytes() {
        return (long) leasedCount * bufferBytes;
    }

    boolean isUnused() {
        return leasedCount == 0;
    }

    /// Whether its memory is wanted for another size: what comes back is not leased again.
    boolean isDraining() {
        return draining;
    }

    void draining(boolean draining) {
        this.draining = draining;
    }

    /// All that was cut so far.
    List<BufferMemory> buffers() {
        return buffers;
    }

    boolean isCutUp() {
        return buffers.size() == buffersMax;
    }

    /// A buffer that was never there before; the slab must not be cut up.
    BufferMemory cut(int groupId) {
        MemorySegment piece = memory.asSlice((long) buffers.size() * strideBytes, bufferBytes);
        BufferMemory buffer = new BufferMemory(this, piece, groupId);
        buffers.add(buffer);
        return buffer;
    }

    void leased(BufferMemory buffer) {
        if (buffer.leases > 0 && !buffer.isShared()) {
            throw new IllegalStateException("a buffer that is leased was given out once more");
        }
        if (buffer.leases++ == 0) {
            leasedCount++;
        }
    }

    /// Whether nobody holds a part of it any more.
    boolean released(BufferMemory buffer) {
        if (--buffer.leases > 0) {
            return false;
        }
        leasedCount--;
        return true;
    }

    void close() {
        arena.close();
    }
}
