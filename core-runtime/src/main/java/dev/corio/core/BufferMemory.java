package dev.corio.core;

import java.lang.foreign.MemorySegment;

/// A piece of a slab that is leased again and again. Each lease is another [IoBuffer], which lets
/// go of the memory when it is closed: who still holds an old one reaches nothing.
///
/// It is leased as a whole, but where the driver uses a buffer of its group up bit by bit. There
/// each bit is a lease, and the driver has the rest:
///
/// ```
///  0                            filledBytes          bytes()
///  | lease | closed | lease | … | still the driver's |
/// ```
///
/// **Threading:** confined to its core.
final class BufferMemory {
    final BufferSlab slab;
    final MemorySegment segment;
    final long address;

    /// Its number in the driver's buffer group, or -1 when it is not a member.
    int groupId;

    /// How many hold it now.
    int leases;

    private int filledBytes;
    private boolean isFilling;

    BufferMemory(BufferSlab slab, MemorySegment segment, int groupId) {
        this.slab = slab;
        this.segment = segment;
        this.groupId = groupId;
        address = segment.address();
    }

    int bytes() {
        return slab.bufferBytes();
    }

    /// The driver gets all of it.
    void provided() {
        filledBytes = 0;
        isFilling = false;
    }

    /// The driver has put bytes behind the ones before. A buffer that it gives up before it is full
    /// is not provided again: that happens where a worker thread of the kernel received, and then
    /// not every kernel has really given it up.
    ///
    /// @param more whether it keeps the rest
    /// @return where they begin
    /// @throws IllegalStateException when there is no room for them: nobody knows what is where
    int fill(int bytes, boolean more) {
        int start = filledBytes;
        if (bytes > bytes() - start) {
            throw new IllegalStateException(
                    "the driver put %d bytes into buffer %d of the group, which has %d of %d left"
                            .formatted(bytes, groupId, bytes() - start, bytes()));
        }
        filledBytes += bytes;
        isFilling = more || filledBytes < bytes();
        return start;
    }

    /// Whether the driver may put more into it.
    boolean isFilling() {
        return isFilling;
    }

    /// Whether many can hold parts of it.
    boolean isShared() {
        return filledBytes > 0;
    }
}
