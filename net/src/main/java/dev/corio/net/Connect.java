package dev.corio.net;

import dev.corio.core.Descriptor;
import dev.corio.core.Operation;
import dev.corio.linux.Errno;
import dev.corio.linux.SockAddr;
import dev.corio.linux.SyscallException;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;

/// Connects a socket: `connect(2)`.
final class Connect extends Operation {
    private final int fd;
    private final SockAddr target;
    private final InetSocketAddress address;

    /// @param target the same address in native memory, which must outlast the flight
    Connect(Descriptor descriptor, InetSocketAddress address, SockAddr target) {
        super(descriptor);
        fd = descriptor.fd();
        this.address = address;
        this.target = target;
    }

    @Override
    protected void prepare(Sqe sqe) {
        sqe.connect(fd, target.address(), target.length());
    }

    @Override
    protected IOException failure(int errno) {
        IOException cause = new SyscallException(toString(), errno);
        IOException failure =
                switch (errno) {
                    case Errno.ECONNREFUSED, Errno.ECONNRESET, Errno.EADDRNOTAVAIL ->
                            new ConnectException(cause.getMessage());
                    case Errno.EHOSTUNREACH, Errno.ENETUNREACH ->
                            new NoRouteToHostException(cause.getMessage());
                    case Errno.ETIMEDOUT -> new SocketTimeoutException(cause.getMessage());
                    default -> cause;
                };
        if (failure != cause) {
            failure.initCause(cause);
        }
        return failure;
    }

    @Override
    public String toString() {
        return "connect(" + Addresses.text(address) + ")";
    }
}
