package dev.corio.net;

import dev.corio.core.Descriptor;
import dev.corio.core.Operation;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.RingFeature;
import dev.corio.uring.Sqe;

/// Bytes from a socket into memory: `recv(2)`.
///
/// Where the kernel can be told (`IORING_RECVSEND_POLL_FIRST`, 5.19), it does not try before there
/// is something: after a receive that emptied the socket a try would be in vain.
final class Receive extends Operation {
    private final int fd;
    private final boolean canPollFirst;
    private boolean isDrained;
    private long address;
    private int length;

    Receive(Descriptor descriptor) {
        super(descriptor);
        fd = descriptor.fd();
        canPollFirst = descriptor.core().supports(RingFeature.POLL_FIRST);
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
        if (canPollFirst && isDrained) {
            sqe.pollFirst();
        }
    }

    @Override
    protected void completed(int result, int flags) {
        isDrained = result > 0 && !CqeFlags.hasMoreBytes(flags);
    }

    @Override
    public String toString() {
        return "recv(fd=" + fd + ")";
    }
}
