package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;
import dev.corio.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/// A listening socket of the current core, and clients for it.
final class LoopbackListener implements AutoCloseable {
    final Descriptor descriptor;
    private final InetSocketAddress address;

    private LoopbackListener(Descriptor descriptor, InetSocketAddress address) {
        this.descriptor = descriptor;
        this.address = address;
    }

    static LoopbackListener open() throws IOException {
        Sockets sockets = Core.current().sockets();
        Descriptor descriptor = socket();
        int fd = descriptor.fd();
        try (Arena arena = Arena.ofConfined()) {
            SockAddr address =
                    SockAddr.of(arena, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            check("bind", sockets.bind(fd, address));
            check("listen", sockets.listen(fd, 1024));
            check("getsockname", sockets.getsockname(fd, address));
            return new LoopbackListener(descriptor, address.inet());
        }
    }

    /// An unconnected socket of the current core.
    static Descriptor socket() throws IOException {
        int type = Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC;
        int fd = check("socket", Core.current().sockets().socket(Linux.AF_INET, type, 0));
        return Descriptor.ofSocket(fd);
    }

    InetSocketAddress address() {
        return address;
    }

    SockAddr address(Arena arena) {
        return SockAddr.of(arena, address);
    }

    /// A client that is connected, accepted or not.
    Descriptor connect() throws IOException {
        return connect(address);
    }

    /// A client of any listener.
    static Descriptor connect(InetSocketAddress address) throws IOException {
        Descriptor client = socket();
        try (Arena arena = Arena.ofConfined()) {
            SockAddr target = SockAddr.of(arena, address);
            client.core()
                    .await(
                            Request.on(
                                    client,
                                    sqe ->
                                            sqe.connect(
                                                    client.fd(),
                                                    target.address(),
                                                    target.length())));
        }
        return client;
    }

    /// The next connection.
    Descriptor accept() throws IOException {
        int fd =
                descriptor
                        .core()
                        .await(
                                Request.on(
                                        descriptor,
                                        sqe ->
                                                sqe.accept(
                                                        descriptor.fd(),
                                                        0,
                                                        0,
                                                        Linux.SOCK_CLOEXEC)));
        return Descriptor.ofSocket(fd);
    }

    @Override
    public void close() {
        descriptor.close();
    }

    private static int check(String call, int result) throws IOException {
        if (result < 0) {
            throw new SyscallException(call, -result);
        }
        return result;
    }
}
