package dev.corio.net;

import dev.corio.core.Buggify;
import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.Operation;
import dev.corio.core.Suspension;
import dev.corio.linux.Linux;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.RingFeature;
import dev.corio.uring.Sqe;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Accepts connections ahead of the task that asks for them: multishot where the kernel has it, so
/// that one request serves many connections, else one at a time and on demand.
final class Accept extends Operation {
    private final Core core;
    private final int fd;
    private final boolean multishot;
    private final int acceptedMax;
    private @Nullable Descriptor[] accepted = new Descriptor[64];
    private int head;
    private int size;
    private int failure;
    private @Nullable Suspension waiting;

    Accept(Descriptor descriptor, int acceptedMax) {
        super(descriptor);
        core = descriptor.core();
        fd = descriptor.fd();
        multishot = core.supports(RingFeature.MULTISHOT_ACCEPT);
        this.acceptedMax = acceptedMax;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// The oldest connection.
    Descriptor poll() {
        Descriptor connection = accepted[head];
        assert connection != null : "nothing was accepted";
        accepted[head] = null;
        head = head + 1 & accepted.length - 1;
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
            undo(result);
        } else {
            // A descriptor of the core from here on, which closes it should nobody ask for it.
            add(Descriptor.ofSocket(result));
            boolean full = size >= acceptedMax || Buggify.here(core, "accept-queue-full");
            if (full && CqeFlags.hasMore(flags)) {
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

    @Override
    protected boolean undo(int connection) {
        core.sockets().close(connection);
        return true;
    }

    /// Nobody will ask for the connection any more.
    private boolean isUnwanted() {
        Descriptor listener = descriptor();
        return listener != null && listener.isClosing();
    }

    /// By the time that the kernel sees the cancel it may have accepted the whole backlog, which is
    /// the limit of this queue.
    private void add(Descriptor connection) {
        if (size == accepted.length) {
            @Nullable Descriptor[] grown = Arrays.copyOf(accepted, size * 2);
            System.arraycopy(accepted, 0, grown, size, head);
            accepted = grown;
        }
        accepted[head + size & accepted.length - 1] = connection;
        size++;
    }

    /// Closes what was accepted and never asked for.
    void closeAccepted() {
        while (size > 0) {
            poll().closeSoon();
        }
    }

    @Override
    public String toString() {
        return "accept(fd=" + fd + ")";
    }
}
