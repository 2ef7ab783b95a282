package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.core.Operation;
import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
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
    private final Core core;
    private final boolean writes;

    /// One for each heap buffer of the flight; closed between the flights.
    private final IoBuffer[] copies = new IoBuffer[BUFFERS_MAX];

    private final MemorySegment message =
            Arena.ofAuto().allocate(MSGHDR_BYTES + BUFFERS_MAX * IOVEC_BYTES, Long.BYTES);

    Vectored(Descriptor descriptor, boolean writes) {
        super(descriptor);
        fd = descriptor.fd();
        core = descriptor.core();
        this.writes = writes;
        Arrays.setAll(copies, _ -> core.buffers().unleased());
    }

    /// One request over the first buffers of the range, at most 16; like every gathering or
    /// scattering channel it may transfer less than all.
    ///
    /// @return the number of bytes, or -1 at the end of the input
    long transfer(ByteBuffer[] buffers, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffers.length);
        long vector = message.address() + MSGHDR_BYTES;
        long total = 0;
        int count = 0;
        try {
            while (count < Math.min(length, BUFFERS_MAX)) {
                ByteBuffer each = buffers[offset + count];
                int placed = place(each, count, vector + (long) count * IOVEC_BYTES, total == 0);
                if (placed < 0) {
                    break;
                }
                count++;
                total += placed;
                if (placed < each.remaining()) {
                    // What follows must wait for the rest of this one.
                    break;
                }
            }
            if (total == 0) {
                return 0;
            }
            Memory.putLong(message.address() + MSG_IOV, vector);
            Memory.putLong(message.address() + MSG_IOVLEN, count);
            int result = core.await(this);
            deliver(buffers, offset, count, result);
            return result == 0 && !writes ? -1 : result;
        } finally {
            for (int i = 0; i < count; i++) {
                copies[i].close();
            }
        }
    }

    /// Enters one buffer; how many bytes of it, or -1 when the pool has no memory for a copy. Only
    /// the first copy may be waited for: who holds one and waits for more could wait for another
    /// task that does the same.
    private int place(ByteBuffer each, int index, long entry, boolean mayWait)
            throws InterruptedIOException {
        int remaining = each.remaining();
        long address = 0;
        if (remaining > 0 && each.isDirect()) {
            address = Memory.address(each);
        } else if (remaining > 0) {
            remaining = Math.min(remaining, core.options().bufferBytes());
            IoBuffer copy = copies[index];
            if (mayWait) {
                core.buffers().lease(copy, remaining);
            } else if (!core.buffers().tryLease(copy, remaining)) {
                return -1;
            }
            address = copy.writeAddress();
            if (writes) {
                copy.put(each.duplicate().limit(each.position() + remaining));
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
            if (!copy.isClosed()) {
                room = Math.min(room, core.options().bufferBytes());
            }
            int part = Math.min(left, room);
            if (!copy.isClosed() && !writes) {
                copy.advance(part).get(each);
            } else {
                each.position(each.position() + part);
            }
            left -= part;
        }
    }

    @Override
    protected void prepare(Sqe sqe) {
        if (writes) {
            sqe.sendmsg(fd, message.address(), Linux.MSG_NOSIGNAL);
        } else {
            sqe.recvmsg(fd, message.address(), 0);
        }
    }

    @Override
    public String toString() {
        return (writes ? "sendmsg" : "recvmsg") + "(fd=" + fd + ")";
    }
}
