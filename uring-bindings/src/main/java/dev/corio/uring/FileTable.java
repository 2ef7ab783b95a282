package dev.corio.uring;

import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.linux.Rlimit;
import dev.corio.linux.SyscallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/// Files that a ring knows by itself (direct descriptors), so that a request for one neither looks
/// its descriptor up nor counts who uses it. Here a file's number in the ring is its descriptor,
/// and the process keeps both: a request takes the shorter way by one flag ([#mark]).
///
/// Whoever closes the descriptor takes it out first ([#remove]), or the file stays open.
///
/// [RingFeature#FIXED_FILES]; io_uring_register_files(3).
///
/// **Threading:** the thread of its ring.
public final class FileTable implements AutoCloseable {
    private static final int NONE = -1;

    private final Ring ring;
    private final int entries;
    private final BitSet members = new BitSet();

    /// Shared, for the tasks of a thread are threads themselves.
    private final Arena arena = Arena.ofShared();

    private final MemorySegment descriptor = arena.allocate(ValueLayout.JAVA_INT);
    private final long update = arena.allocate(Layouts.RsrcUpdate.BYTES, Long.BYTES).address();

    private FileTable(Ring ring, int entries) {
        this.ring = ring;
        this.entries = entries;
        Memory.putLong(update + Layouts.RsrcUpdate.DATA, descriptor.address());
    }

    /// A new, empty table for the descriptors below `entriesMax`, or below RLIMIT_NOFILE where that
    /// is less. A ring has one at most.
    public static FileTable register(Ring ring, int entriesMax) throws SyscallException {
        long filesMax = Linux.rlimit(Linux.RLIMIT_NOFILE).soft();
        boolean isLess = filesMax != Rlimit.INFINITY && filesMax < entriesMax;
        int entries = isLess ? (int) filesMax : entriesMax;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment empty = arena.allocate(ValueLayout.JAVA_INT, entries);
            empty.fill((byte) NONE);
            int result = ring.register(IoUring.IORING_REGISTER_FILES, empty.address(), entries);
            if (result < 0) {
                String call = "io_uring_register(FILES, entries=" + entries + ")";
                throw new SyscallException(call, -result);
            }
        }
        return new FileTable(ring, entries);
    }

    /// Takes a file in.
    ///
    /// @return whether it is a member now: not if its number is beyond the table, or the kernel has
    ///   no memory for it. It can be used by its descriptor all the same.
    public boolean add(int fd) {
        if (fd >= entries || !set(fd, fd)) {
            return false;
        }
        members.set(fd);
        return true;
    }

    /// Lets go of a file; of one that is no member does nothing. Requests in flight keep it.
    public void remove(int fd) {
        if (members.get(fd)) {
            members.clear(fd);
            boolean isGone = set(fd, NONE);
            assert isGone : "a slot can be emptied";
        }
    }

    /// Sends a request that was written for a member's descriptor the shorter way; leaves others as
    /// they are.
    public void mark(Sqe sqe) {
        int fd = sqe.fd();
        if (fd >= 0 && members.get(fd)) {
            sqe.sqeFlags(IoUring.IOSQE_FIXED_FILE);
        }
    }

    /// Lets go of all. Close it before its ring; closing twice does nothing.
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            members.clear();
            ring.register(IoUring.IORING_UNREGISTER_FILES, 0, 0);
            arena.close();
        }
    }

    private boolean set(int slot, int fd) {
        assert arena.scope().isAlive() : "the table is closed";
        descriptor.set(ValueLayout.JAVA_INT, 0, fd);
        Memory.putInt(update + Layouts.RsrcUpdate.OFFSET, slot);
        return ring.register(IoUring.IORING_REGISTER_FILES_UPDATE, update, 1) == 1;
    }
}
