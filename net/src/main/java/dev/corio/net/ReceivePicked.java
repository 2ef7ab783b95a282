package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.core.Operation;
import dev.corio.linux.Errno;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.nio.channels.ReadPendingException;
import org.jspecify.annotations.Nullable;

/// A receive whose buffer the driver picks when bytes have arrived (`IOSQE_BUFFER_SELECT`).
final class ReceivePicked extends Operation {
    private final int fd;
    private final Core core;
    private @Nullable IoBuffer target;

    ReceivePicked(Descriptor descriptor) {
        super(descriptor);
        fd = descriptor.fd();
        core = descriptor.core();
    }

    @Override
    protected void prepare(Sqe sqe) {
        sqe.recvSelect(fd, 0, 0, core.bufferGroup());
    }

    /// Takes hold of the memory at once, so that it is not lost when the task is not there any
    /// more.
    @Override
    protected void completed(int result, int flags) {
        IoBuffer buffer = target;
        if (buffer != null && CqeFlags.hasBuffer(flags)) {
            core.picked(buffer, flags, Math.max(result, 0));
            if (result <= 0) {
                buffer.close();
            }
        }
    }

    /// Receives into a closed buffer. It is still closed at the end of the input ([#result] is 0),
    /// and when all buffers of the group are in use: then the caller must bring memory of its own.
    void await(IoBuffer closed) throws IOException {
        if (isInFlight()) {
            throw new ReadPendingException();
        }
        target = closed;
        try {
            core.await(this);
        } catch (NoBuffer e) {
            // The result says so too.
        } finally {
            target = null;
        }
    }

    @Override
    protected IOException failure(int errno) {
        return errno == Errno.ENOBUFS ? NoBuffer.INSTANCE : super.failure(errno);
    }

    @Override
    public String toString() {
        return "recv(fd=" + fd + ")";
    }

    /// No failure, and where buffers are few it happens for each message: to make one each time,
    /// with its trace, would cost more than the receive.
    private static final class NoBuffer extends IOException {
        private static final long serialVersionUID = 1;

        @SuppressWarnings("StaticAssignmentOfThrowable") // all it says is its class
        private static final NoBuffer INSTANCE = new NoBuffer();
    }
}
