package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.linux.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritePendingException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The writing side of a [TcpStream], whose operations it makes when they are first needed.
/// Whichever is asked for waits for what [#send] has handed over.
///
/// **Threading:** confined to its core.
final class StreamOutput {
    private final Descriptor descriptor;
    private final Core core;
    private @Nullable Send send;
    private @Nullable SendOwned sendOwned;
    private @Nullable Vectored vectored;

    /// For the content of heap buffers; closed between the calls.
    private @Nullable IoBuffer copy;

    StreamOutput(Descriptor descriptor) {
        this.descriptor = descriptor;
        core = descriptor.core();
    }

    /// Takes the readable bytes over; see [TcpStream#send].
    void send(IoBuffer message) throws IOException {
        ensureNotWriting();
        if (message.readableBytes() > 0) {
            if (sendOwned == null) {
                sendOwned = new SendOwned(descriptor);
            }
            sendOwned.begin(message);
        }
    }

    /// Waits until the kernel has taken what was handed over.
    ///
    /// @throws IOException why it could not be sent
    void flush() throws IOException {
        if (sendOwned != null) {
            sendOwned.await();
        }
    }

    /// As [#flush], but no longer than a time, and whatever came of it.
    void settle(Duration limit) {
        if (sendOwned != null) {
            sendOwned.settle(limit);
        }
    }

    /// @param all whether the kernel is to go on until everything is sent
    int write(IoBuffer buffer, boolean all) throws IOException {
        return write(idleSend(), buffer, all);
    }

    /// Sends all remaining bytes.
    ///
    /// @return their number; less only when the task was interrupted meanwhile
    int write(ByteBuffer source) throws IOException {
        Send operation = idleSend();
        int count = 0;
        while (source.hasRemaining() && (count == 0 || !Thread.currentThread().isInterrupted())) {
            count += source.isDirect() ? write(operation, source) : writeCopy(operation, source);
        }
        return count;
    }

    long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        flush();
        if (vectored == null) {
            vectored = new Vectored(descriptor, true);
        }
        if (vectored.isInFlight()) {
            throw new WritePendingException();
        }
        return vectored.transfer(sources, offset, length);
    }

    private Send idleSend() throws IOException {
        ensureNotWriting();
        if (send == null) {
            send = new Send(descriptor);
        }
        return send;
    }

    private void ensureNotWriting() throws IOException {
        flush();
        if (send != null && send.isInFlight()) {
            throw new WritePendingException();
        }
    }

    private int write(Send operation, IoBuffer buffer, boolean all) throws IOException {
        if (buffer.readableBytes() == 0) {
            return 0;
        }
        operation.buffer(buffer);
        operation.from(buffer.readAddress(), buffer.readableBytes(), all);
        int count;
        try {
            count = core.await(operation);
        } finally {
            operation.buffer(null);
        }
        buffer.skip(count);
        return count;
    }

    private int write(Send operation, ByteBuffer direct) throws IOException {
        operation.from(Memory.address(direct), direct.remaining(), true);
        int count = core.await(operation);
        direct.position(direct.position() + count);
        return count;
    }

    private int writeCopy(Send operation, ByteBuffer source) throws IOException {
        if (copy == null) {
            copy = core.buffers().unleased();
        }
        int bytes = Math.min(source.remaining(), core.options().bufferBytes());
        try (IoBuffer copied = core.buffers().lease(copy, bytes)) {
            int begin = source.position();
            copied.put(source);
            int count = 0;
            try {
                count = write(operation, copied, true);
                return count;
            } finally {
                source.position(begin + count);
            }
        }
    }
}
