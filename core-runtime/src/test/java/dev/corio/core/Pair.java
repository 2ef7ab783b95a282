package dev.corio.core;

import dev.corio.linux.Linux;
import java.io.IOException;

/// Two connected TCP sockets on loopback, both owned by the current core.
final class Pair implements AutoCloseable {
    final Descriptor left;
    final Descriptor right;

    private Pair(Descriptor left, Descriptor right) {
        this.left = left;
        this.right = right;
    }

    static Pair open() throws IOException {
        try (LoopbackListener listener = LoopbackListener.open()) {
            Descriptor left = listener.connect();
            return new Pair(left, listener.accept());
        }
    }

    /// Sends the readable bytes, which stay readable.
    static void send(Descriptor to, IoBuffer from) throws IOException {
        Request send =
                Request.on(
                        to,
                        sqe ->
                                sqe.send(
                                        to.fd(),
                                        from.readAddress(),
                                        from.readableBytes(),
                                        Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL));
        send.buffer(from);
        to.core().await(send);
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
