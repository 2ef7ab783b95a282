package dev.corio.core;

import java.lang.foreign.MemorySegment;

/// A piece of a slab that is leased as a whole, again and again. Each lease is another [IoBuffer],
/// which lets go of the memory when it is closed: who still holds an old one reaches nothing.
///
/// **Threading:** confined to its core.
final class BufferMemory {
    final BufferSlab slab;
    final MemorySegment segment;
    final long address;

    /// Its number in the driver's buffer group, or -1 when it is not a member.
    int groupId;

    boolean leased;

    BufferMemory(BufferSlab slab, MemorySegment segment, int groupId) {
        this.slab = slab;
        this.segment = segment;
        this.groupId = groupId;
        address = segment.address();
    }

    int bytes() {
        return slab.bufferBytes();
    }
}
