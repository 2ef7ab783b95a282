package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;

/// Submission queue entries of a driver that plays kernel itself: one for each slot of the table of
/// operations in flight, so an entry stays readable until its operation is done.
///
/// **Threading:** confined to its core.
final class EntryTable implements AutoCloseable {
    private final long address;
    private final long bytes;
    private final Sqe entries;

    EntryTable(int entriesMax) throws SyscallException {
        bytes = (long) entriesMax * Sqe.BYTES;
        // Only the pages of slots that are used become memory.
        address = Linux.mapPages(bytes);
        if (address < 0) {
            throw new SyscallException("mmap", (int) -address);
        }
        entries = Sqe.over(address);
    }

    /// Lets a newly submitted operation write its request; false when it could not.
    boolean write(Operation operation) {
        Sqe sqe = of(operation);
        sqe.clear();
        return operation.write(sqe);
    }

    /// The request of an operation in flight. Always the same object: it is moved by the next call.
    Sqe of(Operation operation) {
        return entries.slot(InFlight.slot(operation.userData));
    }

    /// Whether the request waits until its file can be written to, and not until it can be read.
    static boolean isWrite(Sqe sqe) {
        return switch (sqe.opcode()) {
            case IoUring.IORING_OP_SEND,
                    IoUring.IORING_OP_SENDMSG,
                    IoUring.IORING_OP_WRITE,
                    IoUring.IORING_OP_WRITEV,
                    IoUring.IORING_OP_CONNECT ->
                    true;
            default -> false;
        };
    }

    @Override
    public void close() {
        Linux.munmap(address, bytes);
    }
}
