package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.core.Operation;
import dev.corio.linux.Errno;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.nio.channels.ReadPendingException;
import org.jspecify.annotations.Nullable;

/// A receive whose buffer the driver picks when bytes have arrived (`IOSQE_BUFFER_SELECT`).
final class ReceivePicked extends Operation {
    private final int fd;
    private final Core core;
    private @Nullable IoBuffer picked;

    ReceivePicked(Descriptor descriptor) {
        super(descriptor);
        fd = descriptor.fd();
        core = descriptor.core();
    }

    @Override
    protected void prepare(Sqe sqe) {
        sqe.recvSelect(fd, 0, 0, core.bufferGroup());
    }

    /// Takes hold of the buffer at once, so that it is not lost when the task is not there any
    /// more.
    @Override
    protected void completed(int result, int flags) {
        IoBuffer buffer =
                CqeFlags.hasBuffer(flags) ? core.pickedBuffer(flags, Math.max(result, 0)) : null;
        if (buffer != null && result <= 0) {
            buffer.close();
            buffer = null;
        }
        picked = buffer;
    }

    /// The received bytes, or null: at the end of the input ([#result] is 0), or when all buffers
    /// of the group are in use and the caller must bring its own.
    @Nullable IoBuffer await(Core core) throws IOException {
        if (isInFlight()) {
            throw new ReadPendingException();
        }
        try {
            core.await(this);
        } catch (SyscallException e) {
            if (e.errno() != Errno.ENOBUFS) {
                throw e;
            }
        }
        IoBuffer buffer = picked;
        picked = null;
        return buffer;
    }

    @Override
    public String toString() {
        return "recv(fd=" + fd + ")";
    }
}
