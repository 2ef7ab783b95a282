package dev.corio.net;

import dev.corio.core.Descriptor;
import dev.corio.core.Operation;
import dev.corio.uring.Sqe;

/// Bytes from a socket into memory: `recv(2)`.
final class Receive extends Operation {
    private final int fd;
    private long address;
    private int length;

    Receive(Descriptor descriptor) {
        super(descriptor);
        fd = descriptor.fd();
    }

    /// Where the bytes of the next flight go.
    Receive into(long address, int length) {
        this.address = address;
        this.length = length;
        return this;
    }

    @Override
    protected void prepare(Sqe sqe) {
        sqe.recv(fd, address, length, 0);
    }

    @Override
    public String toString() {
        return "recv(fd=" + fd + ")";
    }
}
