package dev.corio.net;

import dev.corio.core.Buggify;
import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.core.Operation;
import dev.corio.core.Suspension;
import dev.corio.linux.Errno;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.RingFeature;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ReadPendingException;
import org.jspecify.annotations.Nullable;

/// Receives whenever bytes arrive, whether somebody waits for them or not: one request serves many
/// messages (`IORING_RECV_MULTISHOT`). The driver picks a buffer for each.
///
/// ```
///  begin ──► in flight ──┬─ bytes, and somebody waits ──────► into his buffer
///    ▲                   ├─ bytes, and nobody waits ────────► EarlyBytes ── four ──► cancel
///    │                   └─ end, error, no buffer, cancelled ─► over
///    └── somebody wants more ◄───────────────────────────────────┘
/// ```
///
/// Back-pressure is that cancel: the rest waits in the socket until somebody has taken what is
/// there. By the time that the kernel sees it more may have come, which is kept too.
///
/// **Threading:** confined to its core.
final class ReceiveAhead extends Operation {
    private static final int BUFFERS_MAX = 4;

    private final int fd;
    private final Core core;
    private final EarlyBytes early;
    private final TaskWaits task;
    private @Nullable IoBuffer target;
    private @Nullable Waiter waiter;

    /// Is being told just now.
    private @Nullable Waiter told;

    private boolean isCut;

    /// How the last flight ended is not told yet.
    private boolean isOver;

    /// Somebody who waits for bytes; told once.
    interface Waiter {
        /// Bytes are in the buffer, or else the flight is over.
        void arrived();

        /// What arrived cannot be taken.
        void broken(Throwable reason);
    }

    ReceiveAhead(Descriptor descriptor, EarlyBytes early) {
        super(descriptor);
        fd = descriptor.fd();
        core = descriptor.core();
        this.early = early;
        task = new TaskWaits();
    }

    /// Whether it is wanted on a core, and can be had.
    static boolean isUsedOn(Core core) {
        return core.options().multishotReceive()
                && core.selectsBuffers()
                && core.supports(RingFeature.MULTISHOT_RECV);
    }

    /// Begins a flight.
    ///
    /// @return as [Core#submit]
    boolean begin() {
        isCut = false;
        isOver = false;
        return core.submit(this);
    }

    boolean isAwaited() {
        return waiter != null;
    }

    /// Has the next bytes put into a closed buffer, where there are none yet, and somebody told.
    void await(IoBuffer closed, Waiter next) {
        assert waiter == null : "somebody reads from " + this + " already";
        target = closed;
        waiter = next;
    }

    /// Whoever waits does so no longer; bytes that come are kept.
    void giveUp() {
        target = null;
        waiter = null;
    }

    /// Receives into a closed buffer, for a task. It is still closed at the end of the input
    /// ([#result] is 0), and when all buffers of the group are in use: then the caller must bring
    /// memory of its own.
    void await(IoBuffer closed) throws IOException {
        if (isAwaited()) {
            throw new ReadPendingException();
        }
        while (closed.isClosed() && !early.moveTo(closed)) {
            if (isOver) {
                failIfFailed();
                isOver = false;
                return;
            }
            if (!isInFlight() && !begin()) {
                throw core.refusal(this);
            }
            suspend(closed);
            if (closed.isClosed() && isUnwanted()) {
                throw new AsynchronousCloseException();
            }
        }
    }

    /// Ends the flight, so that what comes next stays in the socket.
    void settle() {
        if (isAwaited()) {
            throw new ReadPendingException();
        }
        while (isInFlight()) {
            cut();
            waiter = task;
            task.suspension.awaitCompletions();
            giveUp();
        }
    }

    /// @throws IOException why the last flight ended, once
    void failIfFailed() throws IOException {
        if (isOver && result() < 0 && result() != -Errno.ENOBUFS) {
            isOver = false;
            outcome();
        }
    }

    /// Whether a flight is over, and how that came about is [#result]; told once.
    boolean takeEnd() {
        boolean wasOver = isOver;
        isOver = false;
        return wasOver;
    }

    @Override
    protected void prepare(Sqe sqe) {
        sqe.recvMultishot(fd, 0, core.bufferGroup());
    }

    @Override
    protected void completed(int result, int flags) {
        boolean more = CqeFlags.hasMore(flags);
        if (CqeFlags.hasBuffer(flags)) {
            keep(result, flags);
        }
        if (!more) {
            isOver = result <= 0 && !(isCut && wasCancelled());
            if (isUnwanted()) {
                early.close();
            }
        } else if (early.count() >= BUFFERS_MAX || Buggify.here(core, "receives-enough")) {
            cut();
        }
        Waiter next = waiter;
        if (next != null && (result > 0 || !more)) {
            giveUp();
            told = next;
            next.arrived();
            told = null;
        }
    }

    /// Bytes that could not be kept are lost, and with them the connection.
    @Override
    protected void broken(Throwable reason) {
        Waiter next = told == null ? waiter : told;
        if (told == null) {
            giveUp();
            Descriptor connection = descriptor();
            if (connection != null) {
                connection.closeSoon();
            }
        }
        told = null;
        if (next != null) {
            next.broken(reason);
        }
    }

    private void keep(int result, int flags) {
        IoBuffer wanted = early.isEmpty() ? target : null;
        IoBuffer into = wanted == null ? early.next() : wanted;
        core.picked(into, flags, Math.max(result, 0));
        if (result <= 0) {
            into.close();
        } else if (wanted == null) {
            early.added();
        } else {
            target = null;
        }
    }

    private void cut() {
        isCut = true;
        core.cancel(this);
    }

    private void suspend(IoBuffer closed) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            // A task that retries for ever must not keep the core from its loop.
            Core.yield();
        }
        await(closed, task);
        try {
            task.suspension.awaitOthers();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(this + " was given up: its task was interrupted");
        } finally {
            giveUp();
        }
    }

    private boolean isUnwanted() {
        Descriptor connection = descriptor();
        return connection != null && connection.isClosing();
    }

    @Override
    public String toString() {
        return "recv(fd=" + fd + ")";
    }

    private final class TaskWaits implements Waiter {
        private final Suspension suspension = new Suspension(core, "recv(fd=" + fd + ")");

        @Override
        public void arrived() {
            suspension.resume();
        }

        /// The connection is closed by then.
        @Override
        public void broken(Throwable reason) {
            suspension.resume();
        }
    }
}
