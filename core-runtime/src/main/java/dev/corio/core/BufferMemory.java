package dev.corio.core;

import java.lang.foreign.MemorySegment;

/// A piece of a slab that is leased as a whole, again and again. Each lease is another [IoBuffer],
/// which lets go of the memory when it is closed: who still holds an old one reaches nothing.
///
/// Where the driver uses a buffer of its group up bit by bit, each bit is a lease, and the driver
/// has the rest:
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

    /// The driver has put bytes behind the ones before.
    ///
    /// @param more whether it keeps the rest
    /// @return where they begin
    int fill(int bytes, boolean more) {
        int start = filledBytes;
        filledBytes += bytes;
        isFilling = more;
        return start;
    }

    /// Whether the driver will put more into it.
    boolean isFilling() {
        return isFilling;
    }

    /// Whether many can hold parts of it.
    boolean isShared() {
        return filledBytes > 0;
    }
}
