package dev.corio.net;

import dev.corio.core.Descriptor;
import dev.corio.core.Operation;
import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;

/// Bytes from memory to a socket: `send(2)`, never with a signal when the peer is gone.
final class Send extends Operation {
    private final int fd;
    private long address;
    private int length;
    private int flags;

    Send(Descriptor descriptor) {
        super(descriptor);
        fd = descriptor.fd();
    }

    /// What the next flight sends.
    ///
    /// @param all whether the kernel should go on by itself until everything is sent; it may send
    ///   less even so, when the connection fails
    Send from(long address, int length, boolean all) {
        this.address = address;
        this.length = length;
        flags = all ? Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL : Linux.MSG_NOSIGNAL;
        return this;
    }

    @Override
    protected void prepare(Sqe sqe) {
        sqe.send(fd, address, length, flags);
    }

    @Override
    public String toString() {
        return "send(fd=" + fd + ")";
    }
}
