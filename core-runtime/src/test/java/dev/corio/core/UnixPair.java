package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.linux.SockAddr;
import java.io.IOException;
import java.lang.foreign.Arena;

/// Two connected Unix sockets, both owned by the current core.
record UnixPair(Descriptor left, Descriptor right) implements AutoCloseable {
    static UnixPair open(Core core) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            SockAddr name = SockAddr.allocate(arena);
            Descriptor listener = socket();
            // Bound to a family alone it gets a name from the kernel.
            Memory.putShort(name.address(), (short) Linux.AF_UNIX);
            Memory.putInt(name.lengthAddress(), Short.BYTES);
            assertEquals(0, Linux.bind(listener.fd(), name));
            assertEquals(0, Linux.listen(listener.fd(), 1));
            name.reset();
            assertEquals(0, Linux.getsockname(listener.fd(), name));
            Descriptor left = socket();
            core.await(
                    Request.on(left, sqe -> sqe.connect(left.fd(), name.address(), name.length())));
            int fd =
                    core.await(
                            Request.on(
                                    listener,
                                    sqe -> sqe.accept(listener.fd(), 0, 0, Linux.SOCK_CLOEXEC)));
            listener.close();
            return new UnixPair(left, Descriptor.ofSocket(fd));
        }
    }

    private static Descriptor socket() {
        return Descriptor.ofSocket(
                Linux.socket(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0));
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
