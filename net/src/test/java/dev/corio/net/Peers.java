package dev.corio.net;

import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/// Two ends of one connection, on the current core.
final class Peers implements AutoCloseable {
    final TcpStream client;
    final TcpStream server;

    private Peers(TcpStream client, TcpStream server) {
        this.client = client;
        this.server = server;
    }

    static Peers open() throws IOException {
        try (TcpListener listener = TcpListener.bind(anyPort())) {
            TcpStream client = TcpStream.connect(listener.localAddress());
            return new Peers(client, listener.accept());
        }
    }

    static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    }

    /// A connected socket as a number, made with blocking calls.
    static int connectRaw(InetSocketAddress address) {
        try (Arena arena = Arena.ofConfined()) {
            int fd = Linux.socket(Linux.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0);
            int result = Linux.connect(fd, SockAddr.of(arena, address));
            if (result < 0) {
                throw new AssertionError("connect: " + result);
            }
            return fd;
        }
    }

    static int option(TcpStream stream, int level, int option) {
        return Linux.getsockopt(stream.descriptor().fd(), level, option);
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
