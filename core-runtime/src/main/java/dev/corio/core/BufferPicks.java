package dev.corio.core;

import dev.corio.uring.CqeFlags;
import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;

/// Picks the buffers of receives where the kernel cannot do it when the bytes arrive, which takes a
/// ring of buffers: before Linux 5.19.
///
/// A receive gets its buffer when it is submitted and holds it while it waits, so it costs no more
/// than one into memory of the caller's. At most half of the group is held so: the other receives
/// await readiness first, and find the other half when their bytes are there.
///
/// Not by `IORING_OP_PROVIDE_BUFFERS`, which those kernels do have. There a waiting receive holds
/// the buffer too ([until 5.18][recycle]), one that is cancelled loses it without naming it, and
/// each return is a request more: seen with Debian's 5.10.223, whose io_uring is that of 5.15.
///
/// [recycle]: https://git.kernel.org/torvalds/c/b1c62645758e
///
/// **Threading:** confined to its core.
final class BufferPicks {
    /// What [Operation#picked] is without a buffer.
    static final short NONE = -1;

    private final BufferStack free;
    private int freeCountMax;

    BufferPicks(int entries) {
        free = new BufferStack(entries);
    }

    int entries() {
        return free.entries();
    }

    void provide(int bufferId, long address, int lengthBytes) {
        free.provide(bufferId, address, lengthBytes);
        freeCountMax = Math.max(freeCountMax, free.count());
    }

    /// Whether a request is one whose buffer is picked here. Others that select one get the
    /// kernel's answer: it knows no such group.
    static boolean selects(Sqe sqe) {
        return (sqe.flags() & IoUring.IOSQE_BUFFER_SELECT) != 0
                && sqe.opcode() == IoUring.IORING_OP_RECV;
    }

    /// Picks a buffer for a receive that may have to wait; false when it must await readiness
    /// first.
    boolean pickEarly(Operation operation) {
        return free.count() > (freeCountMax + 1) / 2 && pick(operation);
    }

    /// Picks a buffer for a receive whose bytes are there; false when the group is empty.
    boolean pick(Operation operation) {
        if (free.isEmpty()) {
            return false;
        }
        operation.picked = (short) free.take();
        return true;
    }

    /// Turns the request into one that names the buffer.
    void write(Operation operation, Sqe sqe) {
        int fd = sqe.fd();
        int flags = sqe.operationFlags();
        int entryFlags = sqe.flags() & ~IoUring.IOSQE_BUFFER_SELECT;
        int length = free.length(operation.picked);
        if (sqe.length() > 0) {
            length = Math.min(length, sqe.length());
        }
        sqe.clear();
        sqe.recv(fd, free.address(operation.picked), length, flags).sqeFlags(entryFlags);
    }

    /// Takes the buffer back, if there is one.
    void putBack(Operation operation) {
        if (operation.picked != NONE) {
            free.putBack(operation.picked);
            operation.picked = NONE;
        }
    }

    /// The flags of a completion with bytes, whose buffer goes to the operation's owner.
    static int handOver(Operation operation, int flags) {
        int named = operation.picked << CqeFlags.IORING_CQE_BUFFER_SHIFT;
        operation.picked = NONE;
        return flags | CqeFlags.IORING_CQE_F_BUFFER | named;
    }
}
