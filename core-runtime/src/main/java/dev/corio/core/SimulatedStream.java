package dev.corio.core;

import dev.corio.linux.Memory;

/// One direction of a simulated connection: a bounded queue of bytes of which the front has
/// arrived, while the rest is under way.
///
/// ```
///  taken          arrived          written        taken + capacity
///  |  to be received  |  under way    |     room      |
/// ```
///
/// **Threading:** confined to its core.
final class SimulatedStream {
    private byte[] bytes = new byte[256];

    /// What the sender's and the receiver's socket buffers hold.
    int sendBytes;

    int receiveBytes;

    /// Positions in the stream, from its beginning.
    long taken;

    long arrived;
    long written;

    /// The sender has ended it; the end follows the last byte.
    boolean ended;

    /// The end has arrived.
    boolean endArrived;

    /// Nobody will ever receive: whoever sends is reset.
    boolean abandoned;

    /// No byte overtakes another.
    long lastArrivalNanos;

    SimulatedStream(int sendBytes, int receiveBytes) {
        this.sendBytes = sendBytes;
        this.receiveBytes = receiveBytes;
    }

    int available() {
        return (int) (arrived - taken);
    }

    int room() {
        return (int) Math.max(0, (long) sendBytes + receiveBytes - (written - taken));
    }

    /// Appends bytes, for which there must be room.
    void put(long address, int length) {
        ensureLength((int) (written - taken) + length);
        for (int done = 0; done < length; ) {
            int index = (int) (written + done) & bytes.length - 1;
            int part = Math.min(length - done, bytes.length - index);
            Memory.copy(address + done, bytes, index, part);
            done += part;
        }
        written += length;
    }

    /// Copies the bytes behind `skip` others, which must have arrived; [#take] consumes them.
    void copy(int skip, long address, int length) {
        for (int done = 0; done < length; ) {
            int index = (int) (taken + skip + done) & bytes.length - 1;
            int part = Math.min(length - done, bytes.length - index);
            Memory.copy(bytes, index, address + done, part);
            done += part;
        }
    }

    void take(int length) {
        taken += length;
    }

    /// A reset: what is under way never arrives.
    void cut() {
        written = arrived;
    }

    private void ensureLength(int length) {
        if (length <= bytes.length) {
            return;
        }
        byte[] grown = new byte[Integer.highestOneBit(length - 1) << 1];
        for (long position = taken; position < written; position++) {
            grown[(int) position & grown.length - 1] = bytes[(int) position & bytes.length - 1];
        }
        bytes = grown;
    }
}
