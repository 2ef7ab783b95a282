package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Detached;
import dev.corio.core.Task;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// A connection on its way to the core that will serve it, with what goes along with it.
///
/// @param connection nobody's until that core takes it
/// @param earlyBytes what was received ahead and is read first there
/// @param lingerSeconds what was set by [TcpStream#linger]
///
///   **Threading:** handed over by one core, or by any thread, and taken by another core.
record MovingConnection(Detached connection, @Nullable ByteBuffer earlyBytes, int lingerSeconds) {
    /// One that was never a stream.
    static MovingConnection of(Detached connection) {
        return new MovingConnection(connection, null, TcpStream.LINGER_NOT_SET);
    }

    /// Has it served as a task of that core, and closed there. While the core's mailbox is full the
    /// caller waits. It is closed when it cannot be handed over.
    ///
    /// @throws InterruptedIOException when the caller is interrupted while it waits
    /// @throws IOException when the core closes; the text says so
    Task<@Nullable Void> serveOn(Core target, String name, Handler handler) throws IOException {
        boolean handed = false;
        try {
            Task<@Nullable Void> task = target.spawnWhenRoom(name, () -> serve(handler));
            handed = true;
            return task;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(
                    connection
                            + ": interrupted while waiting for room in the mailbox of "
                            + target);
        } catch (RejectedExecutionException e) {
            throw new IOException(
                    connection + " is closed, for nobody takes it: " + e.getMessage(), e);
        } finally {
            if (!handed) {
                connection.close();
            }
        }
    }

    private @Nullable Void serve(Handler handler) throws Exception {
        try (connection;
                TcpStream stream = new TcpStream(connection.adopt(), earlyBytes, lingerSeconds)) {
            handler.serve(stream);
        }
        return null;
    }
}
