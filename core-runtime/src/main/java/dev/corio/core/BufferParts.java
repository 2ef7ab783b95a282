package dev.corio.core;

import dev.corio.uring.CqeFlags;
import org.jspecify.annotations.Nullable;

/// The parts of buffers that the kernel uses up bit by bit ([dev.corio.uring.BufferRing]).
///
/// Where a part begins no completion says: it is the sum of those before it. So each completion
/// comes by here on its way to its operation, whoever that is and whatever becomes of it there, and
/// its part is held until the operation has had the chance to pick it. A part that nobody picks
/// goes back.
///
/// **Threading:** confined to its core.
final class BufferParts implements Driver.Completions {
    private static final System.Logger LOG = LoopLogger.ofCore();

    private final BufferPool pool;
    private final Driver.Completions next;
    private @Nullable BufferMemory arrived;
    private int start;
    private int bytes;
    private int lostCount;

    BufferParts(BufferPool pool, Driver.Completions next) {
        this.pool = pool;
        this.next = next;
    }

    @Override
    public void complete(long userData, int result, int flags) {
        // Without bytes nothing is used up, though not every kernel says so.
        if (result <= 0 || !CqeFlags.hasBuffer(flags)) {
            next.complete(userData, result, flags);
            return;
        }
        BufferMemory memory = pool.member(flags);
        boolean isKept = CqeFlags.keepsBuffer(flags);
        start = memory.fill(result, isKept);
        if (!isKept && memory.isFilling()) {
            noteLoss(memory);
        }
        bytes = result;
        memory.slab.leased(memory);
        arrived = memory;
        try {
            next.complete(userData, result, flags);
        } finally {
            if (arrived != null) {
                arrived = null;
                pool.release(memory);
            }
        }
    }

    /// Leases the part of the completion that is being told, which has these flags and this result.
    ///
    /// @throws IllegalStateException when it is not being told, or was picked before
    void pick(IoBuffer closed, int flags, int result) {
        if (result <= 0) {
            return;
        }
        BufferMemory memory = arrived;
        if (memory == null || memory != pool.member(flags) || result != bytes) {
            throw new IllegalStateException(
                    "where buffers are used up bit by bit (+PBUF_INC) they are picked once, in"
                            + " Operation.completed, with the flags and the result told there");
        }
        arrived = null;
        pool.open(closed, memory, start, start + bytes, bytes);
    }

    /// At most once for each buffer of the group.
    private void noteLoss(BufferMemory memory) {
        lostCount++;
        LOG.log(
                System.Logger.Level.WARNING,
                "the kernel ended buffer "
                        + memory.groupId
                        + " of the group before it was full, and may write to it all the same: it is"
                        + " not used again. "
                        + lostCount
                        + " of "
                        + pool.groupSize()
                        + " are lost so on "
                        + pool.core
                        + "; without +PBUF_INC none is");
    }
}
