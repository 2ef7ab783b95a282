package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.ClosedChannelException;

/// An open file between two cores: the one has let go of it, the other has not taken it over yet.
///
/// It ends in one of two ways, whichever comes first: [#adopt] makes it a [Descriptor] of the
/// current core, [#close] closes it. Who loses sight of one leaks a file.
///
/// **Threading:** safe from any thread.
public final class Detached implements AutoCloseable {
    private static final VarHandle GONE;

    static {
        try {
            GONE = MethodHandles.lookup().findVarHandle(Detached.class, "gone", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int fd;
    private final boolean socket;
    private final Sockets sockets;

    /// Adopted or closed: whoever sets it has the file.
    @SuppressWarnings("unused") // through GONE
    private volatile boolean gone;

    Detached(int fd, boolean socket, Sockets sockets) {
        this.fd = fd;
        this.socket = socket;
        this.sockets = sockets;
    }

    /// Makes the file one of the current core's.
    ///
    /// @throws ClosedChannelException when it is closed, or adopted already
    public Descriptor adopt() throws ClosedChannelException {
        Core.current(); // Fails off a core, before the file is taken.
        if (!GONE.compareAndSet(this, false, true)) {
            throw new ClosedChannelException();
        }
        return socket ? Descriptor.ofSocket(fd) : Descriptor.ofPollable(fd);
    }

    /// Closes the file, unless a core has adopted it.
    @Override
    public void close() {
        if (GONE.compareAndSet(this, false, true)) {
            sockets.close(fd);
        }
    }

    @Override
    public String toString() {
        return "fd=" + fd + ", between two cores";
    }
}
