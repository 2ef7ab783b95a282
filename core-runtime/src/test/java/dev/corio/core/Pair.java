package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;
import dev.corio.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/// Two connected TCP sockets on loopback, both owned by the current core.
final class Pair implements AutoCloseable {
    final Descriptor left;
    final Descriptor right;

    private Pair(Descriptor left, Descriptor right) {
        this.left = left;
        this.right = right;
    }

    static Pair open() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int listener =
                    check(Linux.socket(Linux.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0));
            SockAddr address =
                    SockAddr.of(arena, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            check(Linux.bind(listener, address));
            check(Linux.listen(listener, 1));
            check(Linux.getsockname(listener, address));
            int left =
                    check(Linux.socket(Linux.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0));
            check(Linux.connect(left, address));
            int right = check(Linux.accept4(listener, 0, 0, Linux.SOCK_CLOEXEC));
            check(Linux.close(listener));
            return new Pair(Descriptor.ofSocket(left), Descriptor.ofSocket(right));
        }
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }

    private static int check(int result) throws IOException {
        if (result < 0) {
            throw new SyscallException("pair", -result);
        }
        return result;
    }
}
