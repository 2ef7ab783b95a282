package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.Ring;
import dev.corio.uring.RingFeature;
import org.jspecify.annotations.Nullable;

/// The group of buffers that receives pick from: the kernel picks where it has rings of buffers,
/// the driver where it has none. Without a group streams wait until there is something to read, and
/// lease a buffer after that.
///
/// **Threading:** confined to its core.
final class BufferGroup implements AutoCloseable {
    /// What requests name it by.
    static final int NUMBER = 1;

    private static final System.Logger LOG = LoopLogger.ofCore();

    private final @Nullable BufferSupply supply;
    private final @Nullable BufferPicks picks;

    /// @param buffers how many there are to be; 0 for no group
    BufferGroup(Ring ring, int buffers) {
        boolean kernelPicks = ring.features().has(RingFeature.PBUF_RING);
        picks = kernelPicks || buffers == 0 ? null : new BufferPicks(buffers);
        supply = kernelPicks && buffers > 0 ? supply(ring, buffers) : null;
    }

    /// Null where the kernel has no memory for one.
    private static @Nullable BufferSupply supply(Ring ring, int buffers) {
        try {
            return new BufferSupply(ring, NUMBER, buffers);
        } catch (SyscallException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "no group of "
                            + buffers
                            + " buffers, so that each receive waits first and leases one then: "
                            + e.getMessage());
            return null;
        }
    }

    /// What picks where the kernel does not.
    @Nullable BufferPicks picks() {
        return picks;
    }

    /// 0 without a group.
    int entries() {
        if (picks != null) {
            return picks.entries();
        }
        return supply == null ? 0 : supply.entries();
    }

    /// Takes a buffer that is free.
    void provide(int bufferId, long address, int lengthBytes) {
        if (picks != null) {
            picks.provide(bufferId, address, lengthBytes);
        } else if (supply != null) {
            supply.provide(bufferId, address, lengthBytes);
        } else {
            throw new IllegalStateException("this driver has no buffer group");
        }
    }

    /// A turn is over, and the kernel is entered.
    void passTurn() {
        if (supply != null) {
            supply.passTurn();
        }
    }

    /// The kernel is entered within a turn.
    void fill() {
        if (supply != null) {
            supply.fill();
        }
    }

    /// A request has this completion.
    ///
    /// @param retries whether it goes on by itself where it found no buffer
    void completed(int result, int flags, boolean retries) {
        if (supply != null) {
            if (CqeFlags.hasBuffer(flags)) {
                supply.picked(flags);
            } else if (result == -Errno.ENOBUFS && !retries) {
                supply.starved();
            }
        }
    }

    /// A request ends that the kernel has not seen.
    void putBack(Operation operation) {
        if (picks != null) {
            picks.putBack(operation);
        }
    }

    /// Before the ring.
    @Override
    public void close() {
        if (supply != null) {
            supply.close();
        }
    }
}
