package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.IoBuffer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Bytes of a connection that were received before anybody asked for them, in order: first what it
/// brought along from another core, then what a [ReceiveAhead] brings.
///
/// **Threading:** confined to its core.
final class EarlyBytes {
    private static final int BUFFERS_AT_FIRST = 4;

    private final Core core;

    /// From another core, whose buffers cannot travel.
    private @Nullable ByteBuffer carried;

    /// A ring whose buffers are kept: the ones that are not in use are closed.
    private IoBuffer[] buffers = {};

    private int head;
    private int count;

    EarlyBytes(Core core, @Nullable ByteBuffer carried) {
        this.core = core;
        this.carried = carried;
    }

    boolean isEmpty() {
        return count == 0 && carried == null;
    }

    boolean isCarried() {
        return carried != null;
    }

    /// Buffers with received bytes.
    int count() {
        return count;
    }

    /// The closed buffer behind the others, for the caller to open and to say so by [#added].
    IoBuffer next() {
        if (count == buffers.length) {
            grow();
        }
        return buffers[head + count & buffers.length - 1];
    }

    void added() {
        count++;
    }

    /// Moves the first bytes into a closed buffer, where they are in one themselves.
    boolean moveTo(IoBuffer closed) {
        if (count == 0 || carried != null) {
            return false;
        }
        buffers[head].moveTo(closed);
        removeFirst();
        return true;
    }

    /// Copies as many bytes as there are, and room for them.
    ///
    /// @return their number
    int copyTo(ByteBuffer target) {
        int before = target.remaining();
        ByteBuffer first = carried;
        if (first != null) {
            int part = Math.min(first.remaining(), before);
            target.put(first.slice(first.position(), part));
            first.position(first.position() + part);
            carried = first.hasRemaining() ? first : null;
        }
        while (target.hasRemaining() && count > 0) {
            IoBuffer next = buffers[head];
            next.get(target);
            if (next.readableBytes() == 0) {
                next.close();
                removeFirst();
            }
        }
        return before - target.remaining();
    }

    /// Appends bytes to a buffer, as [#copyTo(ByteBuffer)].
    int copyTo(IoBuffer target) {
        int copied = copyTo(target.writableView());
        target.advance(copied);
        return copied;
    }

    /// Takes all bytes, into memory that any core can use.
    ByteBuffer takeAll() {
        int length = carried == null ? 0 : carried.remaining();
        for (int i = 0; i < count; i++) {
            length += buffers[head + i & buffers.length - 1].readableBytes();
        }
        ByteBuffer all = ByteBuffer.allocate(length);
        copyTo(all);
        return all.flip();
    }

    /// Gives everything up.
    void close() {
        carried = null;
        while (count > 0) {
            buffers[head].close();
            removeFirst();
        }
    }

    private void removeFirst() {
        head = head + 1 & buffers.length - 1;
        count--;
    }

    private void grow() {
        int length = buffers.length;
        IoBuffer[] grown = Arrays.copyOf(buffers, Math.max(BUFFERS_AT_FIRST, length * 2));
        // What was before the head comes behind the rest.
        System.arraycopy(buffers, 0, grown, length, head);
        for (int i = 0; i < grown.length; i++) {
            if (i < head || i >= head + length) {
                grown[i] = core.buffers().unleased();
            }
        }
        buffers = grown;
    }
}
