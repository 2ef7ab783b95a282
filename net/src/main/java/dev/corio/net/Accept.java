package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.Operation;
import dev.corio.core.Suspension;
import dev.corio.linux.Linux;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.RingFeature;
import dev.corio.uring.Sqe;
import org.jspecify.annotations.Nullable;

/// Accepts connections ahead of the task that asks for them: multishot where the kernel has it, so
/// that one request serves many connections, else one at a time and on demand.
final class Accept extends Operation {
    private final Core core;
    private final int fd;
    private final boolean multishot;
    private final int[] accepted;
    private int head;
    private int size;
    private int failure;
    private @Nullable Suspension waiting;

    Accept(Descriptor descriptor, int acceptedMax) {
        super(descriptor);
        core = descriptor.core();
        fd = descriptor.fd();
        multishot = core.supports(RingFeature.MULTISHOT_ACCEPT);
        // The kernel may have accepted some more by the time it sees the cancel.
        accepted = new int[acceptedMax];
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// The oldest connection.
    int poll() {
        int connection = accepted[head];
        head = (head + 1) % accepted.length;
        size--;
        return connection;
    }

    /// The errno that the last flight ended with, once; 0 when it did not fail.
    int takeFailure() {
        int errno = failure;
        failure = 0;
        return errno;
    }

    /// Whom to wake when something has happened.
    void wake(@Nullable Suspension suspension) {
        waiting = suspension;
    }

    @Override
    protected void prepare(Sqe sqe) {
        if (multishot) {
            sqe.acceptMultishot(fd, Linux.SOCK_CLOEXEC);
        } else {
            sqe.accept(fd, 0, 0, Linux.SOCK_CLOEXEC);
        }
    }

    @Override
    protected void completed(int result, int flags) {
        if (result < 0) {
            failure = -result;
        } else if (isUnwanted()) {
            Linux.close(result);
        } else {
            accepted[(head + size) % accepted.length] = result;
            size++;
            if (size >= accepted.length / 2 && CqeFlags.hasMore(flags)) {
                // Back-pressure: the rest waits in the kernel's backlog until these are taken.
                core.cancel(this);
            }
        }
        Suspension task = waiting;
        if (task != null && (size > 0 || !CqeFlags.hasMore(flags))) {
            waiting = null;
            task.resume();
        }
    }

    /// Nobody will ask for the connection, or there is no room: what a peer sees of a full backlog.
    private boolean isUnwanted() {
        Descriptor listener = descriptor();
        return size == accepted.length || (listener != null && listener.isClosing());
    }

    /// Closes what was accepted and never asked for.
    void closeAccepted() {
        while (size > 0) {
            Linux.close(poll());
        }
    }

    @Override
    public String toString() {
        return "accept(fd=" + fd + ")";
    }
}
