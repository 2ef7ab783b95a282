package dev.corio.core;

import dev.corio.linux.Linux;
import org.jspecify.annotations.Nullable;

/// A file descriptor that a core owns, and the operations in flight on it.
///
/// Closing is in this order: shut down (a pending receive ends and the peer sees the end at once),
/// cancel what is in flight, wait for the final completions, then `close(2)`. A bare `close` would
/// leave a receive armed and give the number to a stranger.
///
/// **Threading:** confined to its core.
public final class Descriptor extends Roster.Member<Descriptor> {
    private final Core core;
    private final int fd;
    private final boolean socket;
    private @Nullable Operation first;
    private boolean closing;
    private boolean closed;

    /// The tasks that wait in [#close].
    private @Nullable Closer closers;

    private @Nullable Watch watch;

    private Descriptor(Core core, int fd, boolean socket) {
        this.core = core;
        this.fd = fd;
        this.socket = socket;
    }

    /// Takes over an open socket, blocking or not; the current core closes it.
    public static Descriptor ofSocket(int fd) {
        return adopt(fd, true);
    }

    /// Takes over an open file of another kind that can be waited for: a pipe, an eventfd.
    public static Descriptor ofPollable(int fd) {
        return adopt(fd, false);
    }

    private static Descriptor adopt(int fd, boolean socket) {
        Core core = Core.current();
        Descriptor descriptor = new Descriptor(core, fd, socket);
        try {
            core.descriptors().add(descriptor);
            core.driver().adopt(fd);
        } catch (VirtualMachineError e) {
            core.loop.broken = e;
            throw e;
        }
        return descriptor;
    }

    /// Lets the leak detector watch over the object that users hold for this file, and close it by:
    /// a stream that nobody refers to any more keeps its file open.
    public void heldBy(Object holder) {
        watch = core.leaks().watch(holder);
    }

    /// The number; another file may have it once this one is closed.
    public int fd() {
        return fd;
    }

    /// The core that owns the file.
    public Core core() {
        return core;
    }

    /// Whether [#close] has begun.
    public boolean isClosing() {
        return closing;
    }

    /// Closes the file; returns when the kernel has let go of it and of all buffers. A task that
    /// waits for an operation on it gets an `AsynchronousCloseException`. Cannot be interrupted: an
    /// interrupt is kept for the task's next wait. Closing twice is harmless, and returns no sooner
    /// than the first call.
    ///
    /// @throws IllegalStateException on the loop itself when something is in flight; the file is
    ///   closed all the same, when that is done
    public void close() {
        closeSoon();
        if (!closed) {
            Suspension wait = new Suspension(core, "close(fd=" + fd + ")");
            closers = new Closer(wait, closers);
            wait.awaitCompletions();
        }
    }

    /// The form of [#close] for the loop, which cannot wait: closes when the last operation is
    /// done.
    public void closeSoon() {
        if (!closing) {
            assert core.isCurrent() : "closed off its core; close it where it was opened";
            closing = true;
            try {
                if (first == null) {
                    release();
                } else {
                    cancelAll();
                }
            } catch (VirtualMachineError e) {
                core.loop.broken = e;
                throw e;
            }
        }
    }

    /// Lets go of the file without closing it, so that another core can take it over. This
    /// descriptor is of no more use: it says that it is closing.
    ///
    /// @throws IllegalStateException when an operation is in flight on it, or it is closed
    public Detached detach() {
        assert core.isCurrent() : "detached off its core; do it where it was opened";
        if (closing) {
            throw new IllegalStateException(this + " is closed; there is nothing to hand over");
        }
        if (first != null) {
            throw new IllegalStateException(
                    this
                            + " is in use: "
                            + first
                            + " is in flight; cancel the task that waits for it, and join it");
        }
        closing = true;
        closed = true;
        try {
            if (watch != null) {
                watch.end();
            }
            core.descriptors().remove(this);
            core.driver().detach(fd);
            return new Detached(fd, socket, core.sockets());
        } catch (VirtualMachineError e) {
            core.loop.broken = e;
            throw e;
        }
    }

    void link(Operation operation) {
        operation.nextOnDescriptor = first;
        operation.previousOnDescriptor = null;
        if (first != null) {
            first.previousOnDescriptor = operation;
        }
        first = operation;
    }

    void unlink(Operation operation) {
        Operation next = operation.nextOnDescriptor;
        Operation previous = operation.previousOnDescriptor;
        if (previous == null) {
            first = next;
        } else {
            previous.nextOnDescriptor = next;
        }
        if (next != null) {
            next.previousOnDescriptor = previous;
        }
        operation.nextOnDescriptor = null;
        operation.previousOnDescriptor = null;
        if (first == null && closing) {
            release();
        }
    }

    private void cancelAll() {
        if (socket) {
            // ENOTCONN (never connected, or reset) is as good: there is nobody to tell.
            core.sockets().shutdown(fd, Linux.SHUT_RDWR);
        }
        for (Operation each = first; each != null; each = each.nextOnDescriptor) {
            core.cancel(each);
        }
    }

    private void release() {
        closed = true;
        try {
            if (watch != null) {
                watch.end();
            }
            core.descriptors().remove(this);
            core.driver().release(fd);
            core.sockets().close(fd);
        } catch (VirtualMachineError e) {
            core.loop.broken = e;
            throw e;
        }
        for (Closer each = closers; each != null; each = each.next) {
            each.closed.resume();
        }
        closers = null;
    }

    @Override
    public String toString() {
        return "fd=" + fd;
    }

    private static final class Closer {
        private final Suspension closed;
        private final @Nullable Closer next;

        Closer(Suspension closed, @Nullable Closer next) {
            this.closed = closed;
            this.next = next;
        }
    }
}
