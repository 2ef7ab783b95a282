package dev.corio.net;

import dev.corio.core.Descriptor;
import dev.corio.core.Operation;
import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;

/// Waits until a receive would not: `poll(2)` for input or its end.
final class Readiness extends Operation {
    private final int fd;

    Readiness(Descriptor descriptor) {
        super(descriptor);
        fd = descriptor.fd();
    }

    @Override
    protected void prepare(Sqe sqe) {
        sqe.pollAdd(fd, Linux.POLLIN | Linux.POLLRDHUP);
    }

    @Override
    public String toString() {
        return "poll(fd=" + fd + ")";
    }
}
