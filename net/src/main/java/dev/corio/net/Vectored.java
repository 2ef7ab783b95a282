package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.core.Operation;
import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/// Scatter and gather: `recvmsg(2)` and `sendmsg(2)` over several buffers in one request. Direct
/// buffers are used in place; heap buffers have a copy in the pool for the time of the flight.
final class Vectored extends Operation {
    private static final int MSGHDR_BYTES = 56;
    private static final int MSG_IOV = 16;
    private static final int MSG_IOVLEN = 24;
    private static final int IOVEC_BYTES = 16;
    private static final int BUFFERS_MAX = 16;

    private final int fd;
    private final boolean writes;
    private final IoBuffer[] copies = new IoBuffer[BUFFERS_MAX];
    private long header;

    Vectored(Descriptor descriptor, boolean writes) {
        super(descriptor);
        fd = descriptor.fd();
        this.writes = writes;
    }

    /// One request over the first buffers of the range, at most 16; like every gathering or
    /// scattering channel it may transfer less than all.
    ///
    /// @return the number of bytes, or -1 at the end of the input
    @SuppressWarnings(
            "NullAway") // copies[i] is only there for heap buffers, and only read for them
    long transfer(Core core, ByteBuffer[] buffers, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffers.length);
        int count = Math.min(length, BUFFERS_MAX);
        long total = 0;
        try (IoBuffer message = IoBuffer.lease(MSGHDR_BYTES + BUFFERS_MAX * IOVEC_BYTES)) {
            header = message.writeAddress();
            Memory.zero(header, MSGHDR_BYTES);
            long vector = header + MSGHDR_BYTES;
            Memory.putLong(header + MSG_IOV, vector);
            Memory.putLong(header + MSG_IOVLEN, count);
            for (int i = 0; i < count; i++) {
                total += place(buffers[offset + i], i, vector + (long) i * IOVEC_BYTES);
            }
            if (total == 0) {
                return 0;
            }
            buffer(message);
            int result = core.await(this);
            deliver(buffers, offset, count, result);
            return result == 0 && !writes ? -1 : result;
        } finally {
            buffer(null);
            for (int i = 0; i < count; i++) {
                if (copies[i] != null) {
                    copies[i].close();
                    copies[i] = null;
                }
            }
        }
    }

    private long place(ByteBuffer each, int index, long entry) {
        int remaining = each.remaining();
        long address;
        if (remaining == 0) {
            address = 0;
        } else if (each.isDirect()) {
            address = Memory.address(each);
        } else {
            remaining = Math.min(remaining, Core.current().options().bufferBytes());
            IoBuffer copy = IoBuffer.lease(remaining);
            copies[index] = copy;
            address = copy.writeAddress();
            if (writes) {
                copy.writableView().put(each.duplicate().limit(each.position() + remaining));
            }
        }
        Memory.putLong(entry, address);
        Memory.putLong(entry + Long.BYTES, remaining);
        return remaining;
    }

    /// Moves the positions on, and the received bytes out of the copies.
    private void deliver(ByteBuffer[] buffers, int offset, int count, int transferred) {
        int left = transferred;
        for (int i = 0; i < count && left > 0; i++) {
            ByteBuffer each = buffers[offset + i];
            IoBuffer copy = copies[i];
            int room = each.remaining();
            if (copy != null) {
                room = Math.min(room, Core.current().options().bufferBytes());
            }
            int part = Math.min(left, room);
            if (copy != null && !writes) {
                each.put(copy.advance(part).readableView());
            } else {
                each.position(each.position() + part);
            }
            left -= part;
        }
    }

    @Override
    protected void prepare(Sqe sqe) {
        if (writes) {
            sqe.sendmsg(fd, header, Linux.MSG_NOSIGNAL);
        } else {
            sqe.recvmsg(fd, header, 0);
        }
    }

    @Override
    public String toString() {
        return (writes ? "sendmsg" : "recvmsg") + "(fd=" + fd + ")";
    }
}
