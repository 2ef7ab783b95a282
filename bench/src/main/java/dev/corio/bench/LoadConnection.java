package dev.corio.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// One connection of the load: its messages in flight, with their start times, and the proof that
/// what comes back is what went out.
///
/// Every message carries `connection << 40 | sequence` in its first eight bytes and, when it is
/// long enough, the complement in its last eight. A lost, repeated, reordered, mixed-up or torn
/// message is found at once, for two loads and two compares per message.
///
/// **Threading:** confined to the load's thread.
final class LoadConnection {
    private static final int INDEX_SHIFT = 40;
    private static final int MARKS_BYTES = 16;

    private final SocketChannel channel;
    private final int sizeBytes;
    private final long mark;
    private final ByteBuffer incoming;
    private final long[] startsNanos;
    private @Nullable ByteBuffer unsent;
    private long sent;
    private long received;

    LoadConnection(SocketChannel channel, int index, int sizeBytes, int pipeline) {
        this.channel = channel;
        this.sizeBytes = sizeBytes;
        this.mark = (long) index << INDEX_SHIFT;
        this.incoming = ByteBuffer.allocateDirect(sizeBytes * pipeline);
        this.startsNanos = new long[pipeline];
    }

    int index() {
        return (int) (mark >>> INDEX_SHIFT);
    }

    int outstanding() {
        return (int) (sent - received);
    }

    long sentCount() {
        return sent;
    }

    boolean hasUnsent() {
        return unsent != null;
    }

    SocketChannel channel() {
        return channel;
    }

    /// Writes the next message at `out`'s position and notes when it counts as started.
    void put(ByteBuffer out, long startNanos) {
        int at = out.position();
        long head = mark | sent;
        out.putLong(at, head);
        if (sizeBytes >= MARKS_BYTES) {
            out.putLong(at + sizeBytes - Long.BYTES, ~head);
        }
        out.position(at + sizeBytes);
        startsNanos[(int) (sent % startsNanos.length)] = startNanos;
        sent++;
    }

    /// Sends what `put` collected; the rest of a short write is kept for [#flush].
    void write(ByteBuffer out) throws IOException {
        if (unsent == null) {
            channel.write(out);
        }
        if (out.hasRemaining()) {
            keep(out);
        }
    }

    /// Goes on with a short write. Answers true when nothing is left.
    boolean flush() throws IOException {
        ByteBuffer rest = unsent;
        if (rest == null) {
            return true;
        }
        channel.write(rest);
        if (rest.hasRemaining()) {
            return false;
        }
        unsent = null;
        return true;
    }

    /// Reads once. Answers the count of whole messages now waiting for [#take], or -1 at the end of
    /// the stream.
    int read() throws IOException {
        int count = channel.read(incoming);
        return count < 0 ? -1 : incoming.position() / sizeBytes;
    }

    /// Checks the `index`-th message read and answers when it was started.
    long take(int index) throws IOException {
        int at = index * sizeBytes;
        long expected = mark | received;
        long head = incoming.getLong(at);
        boolean whole =
                sizeBytes < MARKS_BYTES || incoming.getLong(at + sizeBytes - Long.BYTES) == ~head;
        if (head != expected || !whole) {
            throw new IOException(
                    "message %d of connection %d came back as %s, sequence %d of connection %d"
                            .formatted(
                                    received,
                                    index(),
                                    whole ? "another" : "a torn one",
                                    head & ((1L << INDEX_SHIFT) - 1),
                                    head >>> INDEX_SHIFT));
        }
        long start = startsNanos[(int) (received % startsNanos.length)];
        received++;
        return start;
    }

    /// Forgets the `count` messages taken; a message read in part moves to the front.
    void taken(int count) {
        incoming.flip().position(count * sizeBytes);
        incoming.compact();
    }

    private void keep(ByteBuffer out) {
        ByteBuffer before = unsent;
        int earlier = before == null ? 0 : before.remaining();
        ByteBuffer rest = ByteBuffer.allocateDirect(earlier + out.remaining());
        if (before != null) {
            rest.put(before);
        }
        unsent = rest.put(out).flip();
    }
}
