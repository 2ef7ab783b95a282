package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.linux.Errno;
import dev.corio.linux.Memory;
import dev.corio.uring.RingFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadPendingException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The reading side of a [TcpStream], whose operations it makes when they are first needed.
///
/// Where the stream receives ahead, the other ways to read end that first, and what had come by
/// then is read before what is still in the socket.
///
/// **Threading:** confined to its core.
final class StreamInput {
    private final Descriptor descriptor;
    private final Core core;
    private @Nullable Receive receive;
    private @Nullable ReceivePicked receivePicked;
    private @Nullable ReceiveAhead receiveAhead;
    private @Nullable EarlyBytes early;
    private @Nullable Readiness readiness;
    private @Nullable Vectored vectored;

    /// For the content of heap buffers; closed between the calls.
    private @Nullable IoBuffer copy;

    /// @param carried what another core has received, and nobody has read
    StreamInput(Descriptor descriptor, @Nullable ByteBuffer carried) {
        this.descriptor = descriptor;
        core = descriptor.core();
        if (carried != null && carried.hasRemaining()) {
            early = new EarlyBytes(core, carried);
        }
    }

    Descriptor descriptor() {
        return descriptor;
    }

    /// What receives ahead; null where nothing does.
    @Nullable ReceiveAhead ahead() {
        if (receiveAhead == null && ReceiveAhead.isUsedOn(core)) {
            if (early == null) {
                early = new EarlyBytes(core, null);
            }
            receiveAhead = new ReceiveAhead(descriptor, early);
        }
        return receiveAhead;
    }

    /// What was received before anybody asked; null where nothing is.
    @Nullable EarlyBytes early() {
        return early;
    }

    /// As [TcpStream#receive(IoBuffer)].
    boolean receive(IoBuffer closed) throws IOException {
        if (!closed.isClosed()) {
            throw new IllegalStateException(closed + " is leased already; close it first");
        }
        if (early != null && early.isCarried()) {
            core.buffers().lease(closed, core.options().bufferBytes());
            early.copyTo(closed);
            return true;
        }
        if (core.selectsBuffers()) {
            int result = receivePicked(closed);
            if (result == 0 || !closed.isClosed()) {
                return !closed.isClosed();
            }
        }
        readable();
        core.buffers().lease(closed, core.options().bufferBytes());
        boolean filled = false;
        try {
            filled = read(closed) > 0;
            return filled;
        } finally {
            if (!filled) {
                closed.close();
            }
        }
    }

    /// As [TcpStream#readable].
    void readable() throws IOException {
        if (earlyBytes() != null) {
            return;
        }
        if (readiness == null) {
            readiness = new Readiness(descriptor);
        }
        if (readiness.isInFlight()) {
            throw new ReadPendingException();
        }
        core.await(readiness);
    }

    /// As [TcpStream#read(IoBuffer)].
    int read(IoBuffer buffer) throws IOException {
        Receive operation = idleReceive();
        if (buffer.writableBytes() == 0) {
            throw new IllegalArgumentException("the buffer has no room: " + buffer);
        }
        EarlyBytes first = earlyBytes();
        if (first != null) {
            return first.copyTo(buffer);
        }
        int count = receive(operation, buffer, buffer.writableBytes());
        return count == 0 ? -1 : count;
    }

    /// As [TcpStream#read(ByteBuffer)].
    int read(ByteBuffer target) throws IOException {
        Receive operation = idleReceive();
        if (!target.hasRemaining()) {
            return 0;
        }
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("the buffer is read-only");
        }
        EarlyBytes first = earlyBytes();
        if (first != null) {
            return first.copyTo(target);
        }
        if (target.isDirect()) {
            operation.into(Memory.address(target), target.remaining());
            int count = core.await(operation);
            target.position(target.position() + count);
            return count == 0 ? -1 : count;
        }
        if (copy == null) {
            copy = core.buffers().unleased();
        }
        int copyBytes = Math.min(target.remaining(), core.options().bufferBytes());
        try (IoBuffer leased = core.buffers().lease(copy, copyBytes)) {
            int room = Math.min(leased.capacity(), target.remaining());
            int count = receive(operation, leased, room);
            leased.get(target);
            return count == 0 ? -1 : count;
        }
    }

    /// As [TcpStream#read(ByteBuffer[], int, int)].
    long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, targets.length);
        if (vectored == null) {
            vectored = new Vectored(descriptor, false);
        }
        if (vectored.isInFlight()) {
            throw new ReadPendingException();
        }
        EarlyBytes first = earlyBytes();
        if (first != null) {
            long count = 0;
            for (int i = 0; i < length; i++) {
                count += first.copyTo(targets[offset + i]);
            }
            return count;
        }
        return vectored.transfer(targets, offset, length);
    }

    /// Receives ahead no longer, for a stream that is handed over: what has not come by then waits
    /// in the socket. Does nothing when somebody reads.
    ///
    /// @throws IOException why receiving has failed
    void settle() throws IOException {
        if (receiveAhead != null && !receiveAhead.isAwaited()) {
            receiveAhead.settle();
            receiveAhead.failIfFailed();
        }
    }

    /// Takes what was received and not read, after the stream was settled and is ours no more; null
    /// for nothing.
    @Nullable ByteBuffer takeEarlyBytes() {
        return early == null || early.isEmpty() ? null : early.takeAll();
    }

    /// Gives up what was received and not read, after the last operation.
    void close() {
        if (early != null) {
            early.close();
        }
    }

    /// Receives bytes into a closed buffer that the driver picks: 0 at the end, and less than that
    /// where there was none to pick, also a turn later. When more connections have bytes than there
    /// are buffers, most come back within a turn; where the driver picks, it has waited for that.
    private int receivePicked(IoBuffer closed) throws IOException {
        int result = receivePickedNow(closed);
        if (closed.isClosed() && result == -Errno.ENOBUFS && core.supports(RingFeature.PBUF_RING)) {
            Core.yield();
            if (core.buffers().hasGroupMembers()) {
                result = receivePickedNow(closed);
            }
        }
        return result;
    }

    private int receivePickedNow(IoBuffer closed) throws IOException {
        ReceiveAhead ahead = ahead();
        if (ahead != null) {
            ahead.await(closed);
            return ahead.result();
        }
        if (receivePicked == null) {
            receivePicked = new ReceivePicked(descriptor);
        }
        receivePicked.await(closed);
        return receivePicked.result();
    }

    /// What was received before; null where the socket is to be asked.
    ///
    /// @throws IOException why receiving ahead has failed
    private @Nullable EarlyBytes earlyBytes() throws IOException {
        ReceiveAhead ahead = receiveAhead;
        if (ahead != null) {
            ahead.settle();
        }
        if (early != null && !early.isEmpty()) {
            return early;
        }
        if (ahead != null) {
            ahead.failIfFailed();
        }
        return null;
    }

    private Receive idleReceive() {
        if (receive == null) {
            receive = new Receive(descriptor);
        }
        if (receive.isInFlight()) {
            throw new ReadPendingException();
        }
        return receive;
    }

    private int receive(Receive operation, IoBuffer buffer, int length) throws IOException {
        operation.buffer(buffer);
        operation.into(buffer.writeAddress(), length);
        int count;
        try {
            count = core.await(operation);
        } finally {
            operation.buffer(null);
        }
        buffer.advance(count);
        return count;
    }
}
