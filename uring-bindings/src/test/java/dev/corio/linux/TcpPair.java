package dev.corio.linux;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.net.InetSocketAddress;

/// Two connected TCP sockets on the loopback, and the listener they met at.
public record TcpPair(int listener, InetSocketAddress address, int client, int server)
        implements AutoCloseable {

    public static TcpPair open() {
        try (Arena arena = Arena.ofConfined()) {
            int listener = socket();
            SockAddr address = SockAddr.of(arena, new InetSocketAddress("127.0.0.1", 0));
            check(Linux.bind(listener, address));
            check(Linux.listen(listener, 16));
            check(Linux.getsockname(listener, address));
            int client = socket();
            check(Linux.connect(client, address));
            int server = check(Linux.accept4(listener, 0, 0, Linux.SOCK_CLOEXEC));
            return new TcpPair(listener, address.inet(), client, server);
        }
    }

    /// A new connection to the listener, not accepted yet.
    public int connect() {
        try (Arena arena = Arena.ofConfined()) {
            int fd = socket();
            check(Linux.connect(fd, SockAddr.of(arena, address)));
            return fd;
        }
    }

    @Override
    public void close() {
        Linux.close(client);
        Linux.close(server);
        Linux.close(listener);
    }

    public static int socket() {
        return check(
                Linux.socket(
                        Linux.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, Linux.IPPROTO_TCP));
    }

    public static int check(int result) {
        assertTrue(result >= 0, () -> Errno.name(-result));
        return result;
    }
}
