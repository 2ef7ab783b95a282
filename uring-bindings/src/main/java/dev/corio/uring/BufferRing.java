package dev.corio.uring;

import static dev.corio.linux.Linux.MADV_DONTFORK;
import static dev.corio.linux.Linux.MAP_ANONYMOUS;
import static dev.corio.linux.Linux.MAP_PRIVATE;
import static dev.corio.linux.Linux.PROT_READ;
import static dev.corio.linux.Linux.PROT_WRITE;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.linux.SyscallException;
import java.lang.foreign.Arena;

/// A group of buffers that the kernel chooses from when data arrives, so that a connection that is
/// only idle holds none. Since Linux 5.19: [RingFeature#PBUF_RING].
///
/// A buffer that was added belongs to the kernel until a completion names it
/// ([CqeFlags#bufferId(int)]) or the group is closed; then it is the caller's, to be added again.
/// An empty group answers -ENOBUFS.
///
/// In an incremental group a buffer is used up bit by bit, from its beginning on, by whatever
/// receives come: each completion names it, and its bytes lie behind those of the one before. The
/// bytes are the caller's, the rest the kernel's until a completion comes without
/// [CqeFlags#keepsBuffer(int)]. One that brought no bytes has used up nothing. Do not mix receives
/// that are multishot with others in one group: before the fix to multishot of 2025, which the
/// stable kernels have, their completions overtook each other.
///
/// **Threading:** the thread of its ring.
public final class BufferRing implements AutoCloseable {
    // io_uring_buf, and the tail that lies in the unused end of the first one.
    static final int BUFFER_BYTES = 16;
    static final int LENGTH = 8;
    static final int ID = 12;
    static final int TAIL = 14;

    private final Ring ring;
    private final int group;
    private final int entries;
    private final int mask;
    private final long address;
    private int tail;
    private boolean isClosed;

    private BufferRing(Ring ring, int group, int entries, long address) {
        this.ring = ring;
        this.group = group;
        this.entries = entries;
        this.mask = entries - 1;
        this.address = address;
    }

    /// A new, empty group of at most `entries` buffers: a power of two up to 32,768. `group` is its
    /// number in this ring, 0 to 65,535.
    public static BufferRing register(Ring ring, int group, int entries) throws SyscallException {
        if (!ring.features().has(RingFeature.PBUF_RING)) {
            throw new SyscallException(
                    "io_uring_register(PBUF_RING)", Errno.EINVAL, "this needs Linux 5.19 or later");
        }
        return register(ring, group, entries, 0);
    }

    /// As above, for buffers that are used up bit by bit. Since Linux 6.12: [RingFeature#PBUF_INC].
    public static BufferRing registerIncremental(Ring ring, int group, int entries)
            throws SyscallException {
        if (!ring.features().has(RingFeature.PBUF_INC)) {
            throw new SyscallException(
                    "io_uring_register(PBUF_RING, INC)",
                    Errno.EINVAL,
                    "this needs Linux 6.12 or later");
        }
        return register(ring, group, entries, IoUring.IOU_PBUF_RING_INC);
    }

    /// As above with IOU_PBUF_RING_ flags, and without asking whether the kernel can do it.
    static BufferRing register(Ring ring, int group, int entries, int flags)
            throws SyscallException {
        if (entries < 1 || entries > 1 << 15 || Integer.bitCount(entries) != 1) {
            throw new IllegalArgumentException(
                    "entries must be a power of two up to 32768: " + entries);
        }
        long bytes = (long) entries * BUFFER_BYTES;
        int protection = PROT_READ | PROT_WRITE;
        long address = Linux.mmap(0, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (address < 0) {
            throw new SyscallException("mmap(bytes=" + bytes + ")", (int) -address);
        }
        Linux.madvise(address, bytes, MADV_DONTFORK);
        int result =
                command(ring, IoUring.IORING_REGISTER_PBUF_RING, address, entries, group, flags);
        if (result < 0) {
            Linux.munmap(address, bytes);
            String call = "io_uring_register(PBUF_RING, group=" + group + ")";
            throw new SyscallException(call, -result);
        }
        return new BufferRing(ring, group, entries, address);
    }

    /// Gives the kernel a buffer, at the next [#publish()]. `bufferId` is the caller's, 0 to
    /// 65,535. Never more than [#entries()] buffers at a time.
    public void add(long buffer, int length, int bufferId) {
        assert !isClosed : "the group is closed";
        long slot = address + (long) (tail & mask) * BUFFER_BYTES;
        Memory.putLong(slot, buffer);
        Memory.putInt(slot + LENGTH, length);
        Memory.putShort(slot + ID, (short) bufferId);
        tail++;
    }

    /// Shows the kernel the buffers that were added.
    public void publish() {
        // The tail lies in the unused end of the first buffer. Partner: the kernel's acquire.
        Memory.putShortRelease(address + TAIL, (short) tail);
    }

    /// How many buffers fit.
    public int entries() {
        return entries;
    }

    /// The group's number in its ring.
    public int group() {
        return group;
    }

    /// Takes all buffers back. Nothing that selects from the group may be in flight. Close it
    /// before its ring; closing twice does nothing.
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        command(ring, IoUring.IORING_UNREGISTER_PBUF_RING, 0, 0, group, 0);
        Linux.munmap(address, (long) entries * BUFFER_BYTES);
    }

    private static int command(
            Ring ring, int opcode, long address, int entries, int group, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            long argument = arena.allocate(Layouts.BufReg.BYTES, Long.BYTES).address();
            Memory.putLong(argument + Layouts.BufReg.RING_ADDR, address);
            Memory.putInt(argument + Layouts.BufReg.RING_ENTRIES, entries);
            Memory.putShort(argument + Layouts.BufReg.BGID, (short) group);
            Memory.putShort(argument + Layouts.BufReg.FLAGS, (short) flags);
            return ring.register(opcode, argument, 1);
        }
    }
}
