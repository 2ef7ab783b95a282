package dev.corio.net;

import dev.corio.core.Blocking;
import dev.corio.linux.Linux;

/// Closes a socket that has `SO_LINGER` set: `close(2)` then blocks, so it happens beside the core.
final class Lingering {
    private static final System.Logger LOG = System.getLogger("dev.corio.net");

    private Lingering() {}

    static void close(int fd) {
        try {
            Blocking.call(() -> Linux.close(fd));
        } catch (InterruptedException e) {
            // The helper goes on and closes; only we stop waiting for it.
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "closing fd=" + fd + " failed", e);
        }
    }
}
