package dev.corio.net;

import dev.corio.core.Blocking;
import dev.corio.linux.Linux;
import java.util.concurrent.RejectedExecutionException;

/// Closes a socket that has `SO_LINGER` set: `close(2)` then blocks, so it happens beside the core.
///
/// **Threading:** confined to the stream's core.
final class Lingering {
    private Lingering() {}

    static void close(int fd) {
        try {
            Blocking.runUninterruptibly(() -> Linux.close(fd));
        } catch (RejectedExecutionException e) {
            // The cores are closing: no time to linger, but the descriptor must not be lost.
            Linux.setsockoptLinger(fd, false, 0);
            Linux.close(fd);
        }
    }
}
