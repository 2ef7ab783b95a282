package dev.corio.core;

import dev.corio.linux.Memory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// Native memory with two marks, leased from the pool of a core.
///
/// ```
///  0          readIndex        writeIndex        capacity
///  | consumed  |    readable    |    writable     |
/// ```
///
/// Reading from a stream appends at the write mark, writing to one consumes from the read mark.
/// Numbers are big-endian, as on the wire.
///
/// While an operation is in flight the buffer belongs to the driver: each access then fails with an
/// `IllegalStateException` that names the operation, and so does each access after [#close].
///
/// **Threading:** confined to its core.
public final class IoBuffer implements AutoCloseable {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final BufferPool pool;
    private final MemorySegment segment;
    private final ByteBuffer view;
    private final long address;
    private final int capacity;

    private int readIndex;
    private int writeIndex;
    private boolean leased;
    private @Nullable Operation lentTo;

    /// The buffer's number in the driver's buffer group, or -1 when it is not a member.
    final int groupId;

    /// The memory that it was cut from.
    final BufferSlab slab;

    IoBuffer(BufferPool pool, BufferSlab slab, MemorySegment segment, int groupId) {
        this.pool = pool;
        this.segment = segment;
        this.slab = slab;
        this.groupId = groupId;
        view = segment.asByteBuffer();
        address = segment.address();
        capacity = (int) segment.byteSize();
    }

    /// Leases a buffer of the configured size from the current core. When the pool has given out
    /// all it may, the task waits until one comes back.
    ///
    /// @throws IllegalStateException off a core, or when the waiting task is interrupted
    public static IoBuffer lease() {
        Core core = Core.current();
        return core.buffers().lease(core.options().bufferBytes());
    }

    /// Like [#lease()], with room for at least `bytesMin` bytes.
    public static IoBuffer lease(int bytesMin) {
        return Core.current().buffers().lease(bytesMin);
    }

    /// All the bytes that fit.
    public int capacity() {
        return capacity;
    }

    /// The read mark: the index of the first byte not yet consumed.
    public int readIndex() {
        return readIndex;
    }

    /// The write mark: the index behind the last byte.
    public int writeIndex() {
        return writeIndex;
    }

    /// Bytes between the marks.
    public int readableBytes() {
        return writeIndex - readIndex;
    }

    /// Bytes behind the write mark.
    public int writableBytes() {
        return capacity - writeIndex;
    }

    /// Forgets the content: both marks at 0.
    public IoBuffer clear() {
        ensureOurs();
        readIndex = 0;
        writeIndex = 0;
        return this;
    }

    /// Moves the readable bytes to the front, so that all the room is behind them.
    public IoBuffer compact() {
        ensureOurs();
        if (readIndex > 0) {
            Memory.copy(address + readIndex, address, readableBytes());
            writeIndex -= readIndex;
            readIndex = 0;
        }
        return this;
    }

    /// Consumes `bytes` without looking at them.
    public IoBuffer skip(int bytes) {
        checkReadable(bytes);
        readIndex += bytes;
        return this;
    }

    /// Declares `bytes` behind the write mark as written, after [#writableView].
    public IoBuffer advance(int bytes) {
        checkWritable(bytes);
        writeIndex += bytes;
        return this;
    }

    /// Consumes one byte.
    public byte get() {
        checkReadable(1);
        return segment.get(ValueLayout.JAVA_BYTE, readIndex++);
    }

    /// The byte at an index between the marks, which stay.
    public byte at(int index) {
        ensureOurs();
        if (index < readIndex || index >= writeIndex) {
            throw new IndexOutOfBoundsException(
                    "index " + index + " is outside [" + readIndex + ", " + writeIndex + ")");
        }
        return segment.get(ValueLayout.JAVA_BYTE, index);
    }

    /// Consumes two bytes.
    public short getShort() {
        checkReadable(Short.BYTES);
        short value = segment.get(SHORT, readIndex);
        readIndex += Short.BYTES;
        return value;
    }

    /// Consumes four bytes.
    public int getInt() {
        checkReadable(Integer.BYTES);
        int value = segment.get(INT, readIndex);
        readIndex += Integer.BYTES;
        return value;
    }

    /// Consumes eight bytes.
    public long getLong() {
        checkReadable(Long.BYTES);
        long value = segment.get(LONG, readIndex);
        readIndex += Long.BYTES;
        return value;
    }

    /// Consumes `length` bytes into an array.
    public IoBuffer get(byte[] target, int offset, int length) {
        checkReadable(length);
        MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, readIndex, target, offset, length);
        readIndex += length;
        return this;
    }

    /// Consumes all readable bytes.
    public byte[] getAll() {
        byte[] bytes = new byte[readableBytes()];
        get(bytes, 0, bytes.length);
        return bytes;
    }

    /// Appends one byte.
    public IoBuffer put(byte value) {
        checkWritable(1);
        segment.set(ValueLayout.JAVA_BYTE, writeIndex++, value);
        return this;
    }

    /// Appends two bytes.
    public IoBuffer putShort(short value) {
        checkWritable(Short.BYTES);
        segment.set(SHORT, writeIndex, value);
        writeIndex += Short.BYTES;
        return this;
    }

    /// Appends four bytes.
    public IoBuffer putInt(int value) {
        checkWritable(Integer.BYTES);
        segment.set(INT, writeIndex, value);
        writeIndex += Integer.BYTES;
        return this;
    }

    /// Appends eight bytes.
    public IoBuffer putLong(long value) {
        checkWritable(Long.BYTES);
        segment.set(LONG, writeIndex, value);
        writeIndex += Long.BYTES;
        return this;
    }

    /// Appends bytes of an array.
    public IoBuffer put(byte[] source, int offset, int length) {
        checkWritable(length);
        MemorySegment.copy(source, offset, segment, ValueLayout.JAVA_BYTE, writeIndex, length);
        writeIndex += length;
        return this;
    }

    /// Appends a whole array.
    public IoBuffer put(byte[] source) {
        return put(source, 0, source.length);
    }

    /// The readable bytes as a `ByteBuffer`, always the same object, valid until the next call on
    /// this buffer. What is consumed from it is not consumed here: say [#skip].
    public ByteBuffer readableView() {
        ensureOurs();
        return view.order(ByteOrder.BIG_ENDIAN).limit(writeIndex).position(readIndex);
    }

    /// The room behind the write mark as a `ByteBuffer`, always the same object, valid until the
    /// next call on this buffer. What is put there counts after [#advance].
    public ByteBuffer writableView() {
        ensureOurs();
        return view.order(ByteOrder.BIG_ENDIAN).limit(capacity).position(writeIndex);
    }

    /// The address of the first readable byte, for the entry of an operation that sends it. The
    /// operation must carry this buffer ([Operation#buffer(IoBuffer)]).
    public long readAddress() {
        return address + readIndex;
    }

    /// The address of the first writable byte, for the entry of an operation that fills it. The
    /// operation must carry this buffer ([Operation#buffer(IoBuffer)]).
    public long writeAddress() {
        return address + writeIndex;
    }

    /// Whether an operation in flight owns the buffer.
    public boolean isInFlight() {
        return lentTo != null;
    }

    /// Gives the memory back to the pool; closing twice is harmless.
    ///
    /// @throws IllegalStateException while an operation is in flight: the kernel holds the memory
    @Override
    public void close() {
        if (leased) {
            ensureOurs();
            leased = false;
            pool.release(this);
        }
    }

    @Override
    public String toString() {
        return "IoBuffer[read="
                + readIndex
                + " write="
                + writeIndex
                + " capacity="
                + capacity
                + "]";
    }

    long address() {
        return address;
    }

    void leased() {
        assert !leased : "leased twice";
        leased = true;
        readIndex = 0;
        writeIndex = 0;
    }

    /// The driver filled the first bytes of a buffer that it picked from its group.
    void filled(int bytes) {
        leased();
        writeIndex = bytes;
    }

    void lend(Operation operation) {
        ensureOurs();
        lentTo = operation;
    }

    void reclaim(Operation operation) {
        assert lentTo == operation : "not lent to " + operation;
        lentTo = null;
    }

    private void checkReadable(int bytes) {
        ensureOurs();
        if (bytes < 0 || bytes > readableBytes()) {
            throw new IndexOutOfBoundsException(bytes + " bytes wanted, readable: " + this);
        }
    }

    private void checkWritable(int bytes) {
        ensureOurs();
        if (bytes < 0 || bytes > writableBytes()) {
            throw new IndexOutOfBoundsException(bytes + " bytes offered, no room: " + this);
        }
    }

    private void ensureOurs() {
        if (!leased) {
            throw new IllegalStateException("the buffer was closed; lease another one");
        }
        if (lentTo != null) {
            throw new IllegalStateException(
                    "the buffer belongs to " + lentTo + " until that operation has completed");
        }
    }
}
