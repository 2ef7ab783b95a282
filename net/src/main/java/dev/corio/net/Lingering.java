package dev.corio.net;

import dev.corio.core.Blocking;
import dev.corio.core.Core;
import dev.corio.core.Sockets;
import java.util.concurrent.RejectedExecutionException;

/// Closes a socket that has `SO_LINGER` set: `close(2)` then blocks, so it happens beside the core.
///
/// **Threading:** confined to the stream's core.
final class Lingering {
    private Lingering() {}

    static void close(Core core, int fd) {
        Sockets sockets = core.sockets();
        try {
            Blocking.runUninterruptibly(() -> sockets.close(fd));
        } catch (RejectedExecutionException e) {
            // The cores are closing: no time to linger, but the descriptor must not be lost.
            sockets.setsockoptLinger(fd, false, 0);
            sockets.close(fd);
        }
    }
}
