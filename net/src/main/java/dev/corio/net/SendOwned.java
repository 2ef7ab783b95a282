package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.core.Operation;
import dev.corio.core.Suspension;
import dev.corio.core.Timer;
import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.WritePendingException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Sends a buffer that it owns, on the loop, while the task that handed it over goes on: a message
/// that is received and answered costs one task switch instead of two.
///
/// One buffer at a time is the limit; who has another one waits.
///
/// **Threading:** confined to its core.
final class SendOwned extends Operation {
    private final int fd;
    private final Core core;

    /// Closed while nothing is under way.
    private final IoBuffer owned;

    private final Suspension over;
    private boolean isAwaited;
    private boolean isCutOff;

    /// Of what was handed over last; not yet told.
    private @Nullable IOException failure;

    SendOwned(Descriptor descriptor) {
        super(descriptor);
        fd = descriptor.fd();
        core = descriptor.core();
        owned = core.buffers().unleased();
        buffer(owned);
        over = new Suspension(core, "the end of " + this);
    }

    /// Takes the readable bytes over and begins to send them, where nothing is under way.
    void begin(IoBuffer message) throws IOException {
        message.moveTo(owned);
        boolean begun = false;
        try {
            begun = core.submit(this);
        } finally {
            if (!begun) {
                owned.close();
            }
        }
        if (!begun) {
            throw core.refusal(this);
        }
    }

    /// Waits until nothing is under way.
    ///
    /// @throws IOException why what was under way could not be sent, once
    void await() throws IOException {
        if (isInFlight()) {
            if (isAwaited) {
                throw new WritePendingException();
            }
            isAwaited = true;
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException(e.getMessage());
            } finally {
                isAwaited = false;
            }
        }
        IOException untold = failure;
        if (untold != null) {
            failure = null;
            throw untold;
        }
    }

    /// Waits until nothing is under way, where the caller can wait and is not interrupted, and at
    /// most for a time: then the rest is cut off. Nobody asks any more how it ended.
    void settle(Duration limit) {
        if (!isInFlight() || isAwaited || !Thread.currentThread().isVirtual()) {
            return;
        }
        Timer patience =
                new Timer() {
                    @Override
                    protected void fired() {
                        isCutOff = true;
                        core.cancel(SendOwned.this);
                    }
                };
        core.arm(patience, limit);
        try {
            await();
        } catch (IOException ignored) {
            // Who wants to know has called flush.
        } finally {
            core.disarm(patience);
        }
    }

    @Override
    protected void prepare(Sqe sqe) {
        sqe.send(
                fd,
                owned.readAddress(),
                owned.readableBytes(),
                Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL);
    }

    @Override
    protected void completed(int result, int flags) {
        if (result > 0) {
            owned.skip(result);
            if (owned.readableBytes() > 0 && !isCutOff && core.submit(this)) {
                return;
            }
        }
        if (result < 0 || owned.readableBytes() > 0) {
            failure = reason();
        }
        end();
    }

    @Override
    protected void broken(Throwable reason) {
        if (!isInFlight()) {
            failure = new IOException(this + " failed: " + reason, reason);
            end();
        }
    }

    private IOException reason() {
        try {
            outcome();
            return new IOException(this + " was cut short: its connection is closed");
        } catch (IOException e) {
            return e;
        }
    }

    private void end() {
        owned.close();
        if (isAwaited) {
            over.resume();
        }
    }

    @Override
    public String toString() {
        return "send(fd=" + fd + ")";
    }
}
