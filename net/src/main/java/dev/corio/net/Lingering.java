package dev.corio.net;

import dev.corio.core.Blocking;
import dev.corio.linux.Linux;
import java.util.concurrent.atomic.AtomicBoolean;

/// Closes a socket that has `SO_LINGER` set: `close(2)` then blocks, so it happens beside the core.
///
/// **Threading:** confined to the stream's core.
final class Lingering {
    private static final System.Logger LOG = System.getLogger("dev.corio.net");

    private Lingering() {}

    static void close(int fd) {
        AtomicBoolean taken = new AtomicBoolean();
        // A task that was cancelled closes its streams with the interrupt pending: not meant for
        // us.
        boolean interrupted = Thread.interrupted();
        try {
            Blocking.call(() -> taken.compareAndSet(false, true) ? Linux.close(fd) : 0);
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "closing fd=" + fd + " failed", e);
        }
        if (taken.compareAndSet(false, true)) {
            // It was not even begun there: the descriptor must not be lost.
            Linux.setsockoptLinger(fd, false, 0);
            Linux.close(fd);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
