package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;
import java.util.Arrays;

/// Carries a submission queue entry out with a system call that does not wait, and answers what the
/// kernel's completion would have said.
///
/// **Threading:** confined to its core.
final class EpollCalls {
    /// The request can't go on before the file is ready.
    static final int WOULD_BLOCK = -Errno.EAGAIN;

    /// The completion is in the buffer already, for it needed flags.
    static final int COMPLETED = Integer.MIN_VALUE;

    /// A multishot accept has had its share; there may be more.
    static final int MORE = Integer.MIN_VALUE + 1;

    /// Connections that one multishot accept takes before others have their turn.
    private static final int ACCEPTS_AT_ONCE = 64;

    private final CompletionBuffer completed;
    private final BufferStack buffers;

    /// Bytes already sent, or "connect has begun", for the operation in a slot.
    private int[] progress = new int[1024];

    private long count;

    EpollCalls(CompletionBuffer completed, BufferStack buffers) {
        this.completed = completed;
        this.buffers = buffers;
    }

    /// System calls made.
    long count() {
        return count;
    }

    /// Counts a call that was made elsewhere, and passes its result on.
    int counted(int result) {
        count++;
        return result;
    }

    /// A new operation is in this slot.
    void begin(int slot) {
        if (slot >= progress.length) {
            progress = Arrays.copyOf(progress, Math.max(slot + 1, progress.length * 2));
        }
        progress[slot] = 0;
    }

    /// What an operation that is cancelled answers: like the kernel's, a send that has sent a part
    /// answers how much.
    int cancelled(Sqe sqe, int slot) {
        boolean sentSome = sqe.opcode() == IoUring.IORING_OP_SEND && progress[slot] > 0;
        return sentSome ? progress[slot] : -Errno.ECANCELED;
    }

    /// The result, or one of [#WOULD_BLOCK], [#COMPLETED], [#MORE].
    int perform(Sqe sqe, EpollFile file) {
        int fd = sqe.fd();
        long address = sqe.address();
        int length = sqe.length();
        return switch (sqe.opcode()) {
            case IoUring.IORING_OP_RECV -> receive(sqe, file);
            case IoUring.IORING_OP_SEND -> send(sqe);
            case IoUring.IORING_OP_ACCEPT -> accept(sqe);
            case IoUring.IORING_OP_CONNECT -> connect(sqe);
            case IoUring.IORING_OP_RECVMSG ->
                    counted(Linux.recvmsg(fd, address, sqe.operationFlags()));
            case IoUring.IORING_OP_SENDMSG ->
                    counted(Linux.sendmsg(fd, address, sqe.operationFlags()));
            case IoUring.IORING_OP_READ -> counted(Linux.read(fd, address, length));
            case IoUring.IORING_OP_WRITE -> counted(Linux.write(fd, address, length));
            case IoUring.IORING_OP_READV -> counted(Linux.readv(fd, address, length));
            case IoUring.IORING_OP_WRITEV -> counted(Linux.writev(fd, address, length));
            // What an old kernel says of an opcode that it does not know.
            default -> -Errno.EINVAL;
        };
    }

    private int receive(Sqe sqe, EpollFile file) {
        if ((sqe.flags() & IoUring.IOSQE_BUFFER_SELECT) != 0) {
            return receivePicked(sqe, file);
        }
        return receive(sqe, file, sqe.address(), sqe.length());
    }

    private int receivePicked(Sqe sqe, EpollFile file) {
        if (buffers.isEmpty()) {
            return -Errno.ENOBUFS;
        }
        int bufferId = buffers.peek();
        int length = buffers.length(bufferId);
        if (sqe.length() > 0) {
            length = Math.min(length, sqe.length());
        }
        int result = receive(sqe, file, buffers.address(bufferId), length);
        if (result <= 0) {
            return result;
        }
        buffers.take();
        int flags = CqeFlags.IORING_CQE_F_BUFFER | bufferId << CqeFlags.IORING_CQE_BUFFER_SHIFT;
        completed.add(sqe.userData(), result, flags);
        return COMPLETED;
    }

    private int receive(Sqe sqe, EpollFile file, long address, int length) {
        int flags = sqe.operationFlags();
        int result = counted(Linux.recv(file.fd, address, length, flags));
        if (result > 0 && result < length && (flags & Linux.MSG_PEEK) == 0) {
            file.receivedShort();
        }
        return result;
    }

    /// With `MSG_WAITALL` goes on until all is sent, like the kernel's own.
    private int send(Sqe sqe) {
        int slot = InFlight.slot(sqe.userData());
        int flags = sqe.operationFlags();
        boolean all = (flags & Linux.MSG_WAITALL) != 0;
        int length = sqe.length();
        while (true) {
            int done = progress[slot];
            int result =
                    counted(
                            Linux.send(
                                    sqe.fd(),
                                    sqe.address() + done,
                                    length - done,
                                    flags & ~Linux.MSG_WAITALL));
            if (result < 0) {
                return result != WOULD_BLOCK && done > 0 ? done : result;
            }
            progress[slot] = done + result;
            if (!all || done + result == length) {
                return done + result;
            }
        }
    }

    private int accept(Sqe sqe) {
        boolean multishot = (sqe.ioprio() & IoUring.IORING_ACCEPT_MULTISHOT) != 0;
        for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
            int fd =
                    counted(
                            Linux.accept4(
                                    sqe.fd(), sqe.address(), sqe.offset(), sqe.operationFlags()));
            if (fd < 0 || !multishot) {
                return fd;
            }
            completed.add(sqe.userData(), fd, CqeFlags.IORING_CQE_F_MORE);
        }
        return MORE;
    }

    private int connect(Sqe sqe) {
        int slot = InFlight.slot(sqe.userData());
        if (progress[slot] > 0) {
            return -counted(Linux.getsockopt(sqe.fd(), Linux.SOL_SOCKET, Linux.SO_ERROR));
        }
        progress[slot] = 1;
        int result = counted(Linux.connect(sqe.fd(), sqe.address(), (int) sqe.offset()));
        if (result == -Errno.EAGAIN) {
            // A Unix listener whose backlog is full: no readiness would tell when to try again.
            completed.add(sqe.userData(), result, 0);
            return COMPLETED;
        }
        return result == -Errno.EINPROGRESS ? WOULD_BLOCK : result;
    }
}
