package dev.corio.core;

import dev.corio.core.LeaseQueue.Leaser;
import dev.corio.linux.Memory;
import java.io.InterruptedIOException;
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
/// Numbers are big-endian, as on the wire. What the kernel received into a buffer that it uses up
/// bit by bit (`corio.uring.features=+PBUF_INC`) has no room behind the write mark.
///
/// While an operation is in flight the buffer belongs to the driver: each access then fails with an
/// `IllegalStateException` that names the operation. After [#close] each access fails for ever,
/// also when the memory has long been leased again, for that is another `IoBuffer`.
///
/// What cannot be taken back is a `ByteBuffer` that [#readableView] or [#writableView] answered. It
/// is emptied when the memory goes away, so each access fails, but whoever widens its limits again,
/// or made a slice of it before, reaches memory that may be somebody else's. Where released memory
/// is guarded ([CoreOptions#guardedBuffers]) these fail too.
///
/// **Threading:** confined to its core.
public final class IoBuffer implements AutoCloseable {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final MemorySegment NOTHING = MemorySegment.NULL;

    private final BufferPool pool;

    /// Null while it is closed.
    private @Nullable BufferMemory memory;

    private MemorySegment segment = NOTHING;

    /// The part of the memory that is its own: all of it, or where the driver uses buffers up bit
    /// by bit, one bit. As these two, the marks count from the beginning of the memory.
    private int start;

    private int end;
    private int readIndex;
    private int writeIndex;
    private @Nullable BufferView view;
    private @Nullable Operation lentTo;
    private @Nullable Watch watch;

    /// Its place in the queue of those who wait for memory.
    @Nullable Leaser leaser;

    IoBuffer(BufferPool pool) {
        this.pool = pool;
    }

    /// Leases a buffer of the configured size from the current core. When the pool has given out
    /// all it may, the task waits until one comes back.
    ///
    /// @throws IllegalStateException off a core
    /// @throws InterruptedIOException when the task is interrupted while it waits
    public static IoBuffer lease() throws InterruptedIOException {
        Core core = Core.current();
        return core.buffers().lease(core.options().bufferBytes());
    }

    /// Like [#lease()], with room for at least `bytesMin` bytes.
    public static IoBuffer lease(int bytesMin) throws InterruptedIOException {
        return Core.current().buffers().lease(bytesMin);
    }

    /// A closed buffer, to be leased into: by [BufferPool#lease(IoBuffer, int)], or by what
    /// receives into it. Who keeps one allocates nothing for each message.
    ///
    /// @throws IllegalStateException off a core
    public static IoBuffer unleased() {
        return Core.current().buffers().unleased();
    }

    /// All the bytes that fit.
    public int capacity() {
        ensureVisible();
        return end - start;
    }

    /// The read mark: the index of the first byte not yet consumed.
    public int readIndex() {
        ensureVisible();
        return readIndex - start;
    }

    /// The write mark: the index behind the last byte.
    public int writeIndex() {
        ensureVisible();
        return writeIndex - start;
    }

    /// Bytes between the marks.
    public int readableBytes() {
        ensureVisible();
        return writeIndex - readIndex;
    }

    /// Bytes behind the write mark.
    public int writableBytes() {
        ensureVisible();
        return end - writeIndex;
    }

    /// Forgets the content: both marks at 0.
    public IoBuffer clear() {
        ensureOurs();
        readIndex = start;
        writeIndex = start;
        return this;
    }

    /// Moves the readable bytes to the front, so that all the room is behind them.
    public IoBuffer compact() {
        ensureOurs();
        if (readIndex > start) {
            Memory.copy(address(readIndex), address(start), writeIndex - readIndex);
            writeIndex -= readIndex - start;
            readIndex = start;
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
        if (index < readIndex - start || index >= writeIndex - start) {
            throw new IndexOutOfBoundsException(
                    "index " + index + " is outside [" + readIndex() + ", " + writeIndex() + ")");
        }
        return segment.get(ValueLayout.JAVA_BYTE, start + index);
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

    /// Consumes as many bytes as are readable and the target has room for.
    ///
    /// @return their number
    public int get(ByteBuffer target) {
        int length = Math.min(readableBytes(), target.remaining());
        checkReadable(length);
        Memory.copy(address(readIndex), target, length);
        readIndex += length;
        return length;
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

    /// Appends as many bytes of the source as there is room for.
    ///
    /// @return their number
    public int put(ByteBuffer source) {
        int length = Math.min(writableBytes(), source.remaining());
        checkWritable(length);
        Memory.copy(source, address(writeIndex), length);
        writeIndex += length;
        return length;
    }

    /// The readable bytes as a `ByteBuffer`, the same object for the whole lease, valid until the
    /// next call on this buffer. What is consumed from it is not consumed here: say [#skip].
    public ByteBuffer readableView() {
        return view().show(readIndex - start, writeIndex - start);
    }

    /// The room behind the write mark as a `ByteBuffer`, the same object for the whole lease, valid
    /// until the next call on this buffer. What is put there counts after [#advance].
    public ByteBuffer writableView() {
        return view().show(writeIndex - start, end - start);
    }

    /// The address of the first readable byte, for the entry of an operation that sends it. The
    /// operation must carry this buffer ([Operation#buffer(IoBuffer)]).
    public long readAddress() {
        ensureVisible();
        return address(readIndex);
    }

    /// The address of the first writable byte, for the entry of an operation that fills it. The
    /// operation must carry this buffer ([Operation#buffer(IoBuffer)]).
    public long writeAddress() {
        ensureVisible();
        return address(writeIndex);
    }

    /// Whether an operation in flight owns the buffer.
    public boolean isInFlight() {
        return lentTo != null;
    }

    /// Whether it holds no memory.
    public boolean isClosed() {
        return memory == null;
    }

    /// Gives the memory back to the pool; closing twice is harmless.
    ///
    /// @throws IllegalStateException while an operation is in flight: the kernel holds the memory;
    ///   and off the core that leased it
    @Override
    public void close() {
        BufferMemory released = memory;
        if (released != null) {
            ensureOurs();
            pool.ensureOnCore();
            int bytes = end - start;
            try {
                letGo();
                pool.release(released, bytes);
            } catch (VirtualMachineError e) {
                pool.core.loop.broken = e;
                throw e;
            }
        }
    }

    /// Hands the memory, the content and both marks to a closed buffer of the same core. This one
    /// is closed by that: who still holds it reaches nothing.
    ///
    /// @throws IllegalStateException while an operation is in flight, when this buffer is closed,
    ///   and when the other one is not; nothing has happened then
    public void moveTo(IoBuffer closed) {
        ensureOurs();
        closed.ensureClosed(pool);
        BufferMemory moved = leasedMemory();
        int from = start;
        int to = end;
        int read = readIndex;
        int write = writeIndex;
        try {
            letGo();
        } catch (VirtualMachineError e) {
            pool.core.loop.broken = e;
            throw e;
        }
        closed.open(moved, from, to, read, write);
    }

    /// As [#close], but nobody gets the memory again: the kernel may still write there.
    void lose() {
        BufferMemory lost = memory;
        if (lost != null) {
            int bytes = end - start;
            letGo();
            pool.lose(bytes);
        }
    }

    private void letGo() {
        memory = null;
        segment = NOTHING;
        start = 0;
        end = 0;
        readIndex = 0;
        writeIndex = 0;
        if (view != null) {
            view.revoke();
            view = null;
        }
        if (watch != null) {
            watch.end();
        }
    }

    /// Lets the leak detector watch over it, from the place of this call on. Leasing a new buffer
    /// does so by itself; who hands out one that was filled on the loop ([Core#picked]) calls this.
    /// One that is watched already stays so.
    public IoBuffer watched() {
        if (watch == null) {
            watch = pool.leaks().watch(this);
        }
        return this;
    }

    @Override
    public String toString() {
        if (memory == null) {
            return "IoBuffer[closed]";
        }
        if (lentTo != null) {
            return "IoBuffer[belongs to " + lentTo + "]";
        }
        return "IoBuffer[read="
                + (readIndex - start)
                + " write="
                + (writeIndex - start)
                + " capacity="
                + (end - start)
                + "]";
    }

    void ensureClosed(BufferPool owner) {
        if (owner != pool) {
            throw new IllegalStateException("the buffer belongs to another core; lease one here");
        }
        if (memory != null) {
            throw new IllegalStateException(this + " is leased already; close it first");
        }
        if (leaser != null) {
            throw new IllegalStateException(this + " waits for memory already");
        }
    }

    void open(BufferMemory leased, int from, int to, int read, int write) {
        memory = leased;
        segment = leased.segment;
        start = from;
        end = to;
        readIndex = read;
        writeIndex = write;
        watch = null;
    }

    void lend(Operation operation) {
        ensureOurs();
        if (view != null) {
            view.empty();
        }
        lentTo = operation;
    }

    void reclaim(Operation operation) {
        assert lentTo == operation : "not lent to " + operation;
        lentTo = null;
    }

    private long address(int index) {
        return leasedMemory().address + index;
    }

    private BufferView view() {
        ensureOurs();
        BufferView shown = view;
        if (shown == null) {
            shown = BufferView.of(leasedMemory(), start, end - start);
            view = shown;
        }
        return shown;
    }

    private BufferMemory leasedMemory() {
        BufferMemory leased = memory;
        if (leased == null) {
            throw refusal();
        }
        return leased;
    }

    private void checkReadable(int bytes) {
        ensureOurs();
        if (bytes < 0 || bytes > writeIndex - readIndex) {
            throw new IndexOutOfBoundsException(bytes + " bytes wanted, readable: " + this);
        }
    }

    private void checkWritable(int bytes) {
        ensureOurs();
        if (bytes < 0 || bytes > end - writeIndex) {
            throw new IndexOutOfBoundsException(bytes + " bytes offered, no room: " + this);
        }
    }

    private void ensureOurs() {
        if (memory == null || lentTo != null) {
            throw refusal();
        }
    }

    /// The operation that owns it may read marks and addresses while it writes its entry.
    private void ensureVisible() {
        if (memory == null || (lentTo != null && !lentTo.isPreparing())) {
            throw refusal();
        }
    }

    private IllegalStateException refusal() {
        if (memory != null) {
            return new IllegalStateException(
                    "the buffer belongs to " + lentTo + " until that operation has completed");
        }
        if (watch != null) {
            return watch.refusal();
        }
        return new IllegalStateException("the buffer was closed; lease another one");
    }
}
