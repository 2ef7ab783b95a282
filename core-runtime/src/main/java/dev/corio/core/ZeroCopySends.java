package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;

/// Turns large sends into sends without a copy, and their two completions into one.
///
/// ```
///                result, MORE            notification
///  NONE ► SENDING ──────────────► SENT ──────────────► over: the result of the first
///            │ └── notification ► RELEASED ── result ► over
///            └──── result without MORE ──────────────► over
/// ```
///
/// Until it is over the operation is in flight, so its memory is lent and its file stays open: what
/// is above the driver does not know the difference. The result is kept meanwhile.
///
/// The kernel lets go when the peer has acknowledged the bytes. A peer that stopped reading never
/// does, and the request is carried out already, so there is nothing to cancel. But who cancels
/// must not wait for a stranger: after some time the connection is disconnected, which drops what
/// it has not sent and resets the peer. Then the send counts as cancelled.
///
/// **Threading:** confined to its core.
final class ZeroCopySends {
    /// Not a send without a copy, or none yet.
    static final byte NONE = 0;

    /// The kernel has the request.
    static final byte SENDING = 1;

    /// The result is there, and the kernel still reads the memory.
    static final byte SENT = 2;

    /// The kernel has let go, and the result is still to come: so it may be where a worker thread
    /// carried the request out.
    static final byte RELEASED = 3;

    /// A cancelled send has this time to be acknowledged, and at most twice as much: that is a
    /// round trip and a retransmission.
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final int SOCKADDR_BYTES = 16;

    private final int bytesMin;

    /// All zero: of no family.
    private final long nobody;

    /// Cancelled ones that are not acknowledged: since the last look, and since before that.
    private OperationQueue newer = new OperationQueue();

    private OperationQueue older = new OperationQueue();
    private long dueNanos;

    /// @param bytesMin shorter ones are copied
    ZeroCopySends(int bytesMin, Arena arena) {
        this.bytesMin = bytesMin;
        nobody = arena.allocate(SOCKADDR_BYTES, Long.BYTES).address();
    }

    /// Does without a copy where the request is large enough; whether it did. The operation has a
    /// descriptor, or nothing could be disconnected.
    boolean write(Operation operation, Sqe sqe) {
        if (sqe.opcode() != IoUring.IORING_OP_SEND
                || sqe.length() < bytesMin
                || sqe.flags() != 0
                || operation.mustCopy) {
            return false;
        }
        sqe.withoutCopy();
        operation.zeroCopy = SENDING;
        return true;
    }

    /// Takes a completion; whether it was the last one, and the result is in [Operation#sent].
    boolean complete(Operation operation, int result, int flags) {
        if (CqeFlags.isNotification(flags)) {
            if (operation.zeroCopy == SENDING) {
                operation.zeroCopy = RELEASED;
                return false;
            }
        } else {
            operation.sent = result;
            if (CqeFlags.hasMore(flags) && operation.zeroCopy == SENDING) {
                operation.zeroCopy = SENT;
                if (operation.state == Operation.CANCELLING) {
                    awaitRelease(operation);
                }
                return false;
            }
        }
        operation.zeroCopy = NONE;
        return true;
    }

    /// Whether what is over goes once more: nothing was sent because the kind of socket cannot do
    /// it (a Unix socket, or TCP under TLS of the kernel), or because the memory that may be locked
    /// is used up. From now on this operation copies.
    static boolean goesAgain(Operation operation) {
        switch (operation.sent) {
            case -Errno.EOPNOTSUPP, -Errno.ENOMEM, -Errno.ENOBUFS -> operation.mustCopy = true;
            default -> {
                return false;
            }
        }
        return true;
    }

    /// Cancels one that the kernel has carried out but not let go of; false for any other.
    boolean cancel(Operation operation) {
        if (operation.zeroCopy != SENT) {
            return false;
        }
        awaitRelease(operation);
        return true;
    }

    /// When [#giveUp] has something to do; [Timers#NONE] for never.
    long dueNanos() {
        return newer.isEmpty() && older.isEmpty() ? Timers.NONE : dueNanos;
    }

    /// Disconnects those that had time enough.
    void giveUp() {
        if (dueNanos() == Timers.NONE || System.nanoTime() - dueNanos < 0) {
            return;
        }
        OperationQueue late = older;
        older = newer;
        newer = late;
        dueNanos = System.nanoTime() + PATIENCE_NANOS;
        for (int left = late.size(); left > 0; left--) {
            Operation operation = late.poll();
            assert operation != null : "so many were in the queue";
            disconnect(operation);
            // Once more, should the kernel not have done it.
            late.add(operation);
        }
    }

    private void awaitRelease(Operation operation) {
        if (operation.queue != null) {
            // A cancel that was still to be sent would find nothing.
            operation.queue.remove(operation);
        }
        if (dueNanos() == Timers.NONE) {
            dueNanos = System.nanoTime() + PATIENCE_NANOS;
        }
        newer.add(operation);
    }

    /// Connecting a TCP socket to nobody drops all that it has not sent: `connect(2)`.
    private void disconnect(Operation operation) {
        Descriptor descriptor = operation.descriptor();
        if (descriptor == null) {
            return;
        }
        int result = Linux.connect(descriptor.fd(), nobody, SOCKADDR_BYTES);
        if (result < 0) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    operation + " could not be disconnected: " + Errno.name(-result));
            return;
        }
        operation.sent = -Errno.ECANCELED;
    }
}
