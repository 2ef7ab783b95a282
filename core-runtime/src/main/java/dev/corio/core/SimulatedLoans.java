package dev.corio.core;

import dev.corio.linux.Memory;
import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;
import java.util.ArrayList;
import java.util.List;

/// The memory that operations in flight have lent to a simulated kernel. What the kernel writes to
/// belongs to nobody else meanwhile.
///
/// **Threading:** confined to its core.
final class SimulatedLoans {
    static final int MSG_IOV = 16;
    static final int MSG_IOVLEN = 24;
    static final int IOVEC_BYTES = 16;

    private final SimulatedWorld world;
    private final List<Loan> loans = new ArrayList<>();

    private record Loan(int slot, long begin, long end, boolean written) {}

    SimulatedLoans(SimulatedWorld world) {
        this.world = world;
    }

    /// Notes what an entry lends.
    void lend(int slot, Sqe sqe) {
        long address = sqe.address();
        switch (sqe.opcode()) {
            case IoUring.IORING_OP_RECV, IoUring.IORING_OP_READ -> {
                if ((sqe.flags() & IoUring.IOSQE_BUFFER_SELECT) == 0) {
                    add(slot, address, sqe.length(), true);
                }
            }
            case IoUring.IORING_OP_SEND, IoUring.IORING_OP_WRITE ->
                    add(slot, address, sqe.length(), false);
            case IoUring.IORING_OP_RECVMSG -> addMessage(slot, address, true);
            case IoUring.IORING_OP_SENDMSG -> addMessage(slot, address, false);
            case IoUring.IORING_OP_READV -> addAll(slot, address, sqe.length(), true);
            case IoUring.IORING_OP_WRITEV -> addAll(slot, address, sqe.length(), false);
            default -> {}
        }
    }

    /// The operation is done.
    void giveBack(int slot) {
        loans.removeIf(loan -> loan.slot == slot);
    }

    private void addMessage(int slot, long message, boolean written) {
        long count = Memory.getLong(message + MSG_IOVLEN);
        addAll(slot, Memory.getLong(message + MSG_IOV), (int) count, written);
    }

    private void addAll(int slot, long vector, int count, boolean written) {
        for (int i = 0; i < count; i++) {
            long entry = vector + (long) i * IOVEC_BYTES;
            long length = Memory.getLong(entry + Long.BYTES);
            add(slot, Memory.getLong(entry), length, written);
        }
    }

    private void add(int slot, long begin, long length, boolean written) {
        Loan loan = new Loan(slot, begin, begin + length, written);
        for (Loan other : loans) {
            boolean overlap = loan.begin < other.end && other.begin < loan.end;
            if (overlap && (written || other.written)) {
                world.violated(
                        "operations "
                                + other.slot
                                + " and "
                                + slot
                                + " in flight have the same memory, and one of them is written to");
            }
        }
        loans.add(loan);
    }
}
