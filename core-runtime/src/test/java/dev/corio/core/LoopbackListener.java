package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/// A listening socket of the current core, and plain Java clients for it.
final class LoopbackListener implements AutoCloseable {
    final Descriptor descriptor;
    private final InetSocketAddress address;

    private LoopbackListener(Descriptor descriptor, InetSocketAddress address) {
        this.descriptor = descriptor;
        this.address = address;
    }

    static LoopbackListener open() {
        try (Arena arena = Arena.ofConfined()) {
            int fd = Linux.socket(Linux.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0);
            SockAddr address =
                    SockAddr.of(arena, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            Linux.bind(fd, address);
            Linux.listen(fd, 1024);
            Linux.getsockname(fd, address);
            return new LoopbackListener(Descriptor.ofSocket(fd), address.inet());
        }
    }

    SockAddr address(Arena arena) {
        return SockAddr.of(arena, address);
    }

    Socket connect() throws IOException {
        return new Socket(address.getAddress(), address.getPort());
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
