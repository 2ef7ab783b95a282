package dev.corio.uring;

import static dev.corio.linux.Linux.MADV_DONTFORK;
import static dev.corio.linux.Linux.MAP_POPULATE;
import static dev.corio.linux.Linux.MAP_SHARED;
import static dev.corio.linux.Linux.PROT_READ;
import static dev.corio.linux.Linux.PROT_WRITE;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.linux.SyscallException;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/// What one io_uring_setup made: the descriptor, and the memory shared with the kernel.
///
/// **Threading:** used by the thread that opened it.
final class RingSetup implements AutoCloseable {
    private static final int SQE_BYTES = Sqe.BYTES;
    private static final int CQE_BYTES = 16;

    final int fd;

    /// IORING_SETUP_ flags as asked for, IORING_FEAT_ flags as answered.
    final int flags;

    final int features;

    final int entries;
    final int completionEntries;

    /// Addresses of the words and arrays that both sides use. The array of indexes is 0 without
    /// one.
    final long sqHead;

    final long sqTail;
    final long sqFlags;
    final long sqArray;
    final long sqes;
    final long cqHead;
    final long cqTail;
    final long cqOverflow;
    final long cqes;

    private final long rings;
    private final long ringsBytes;
    private final long sqesBytes;

    private RingSetup(int fd, int flags, long params) throws SyscallException {
        this.fd = fd;
        this.flags = flags;
        this.features = Memory.getInt(params + Layouts.Params.FEATURES);
        this.entries = Memory.getInt(params + Layouts.Params.SQ_ENTRIES);
        this.completionEntries = Memory.getInt(params + Layouts.Params.CQ_ENTRIES);
        long sq = params + Layouts.Params.SQ_OFF;
        long cq = params + Layouts.Params.CQ_OFF;
        int array = Memory.getInt(sq + Layouts.SqOffsets.ARRAY);
        int completions = Memory.getInt(cq + Layouts.CqOffsets.CQES);
        boolean hasArray = (flags & IoUring.IORING_SETUP_NO_SQARRAY) == 0;

        // Old kernels refuse a mapping that is a page too large, so the sizes are exact.
        long sqBytes = array + (hasArray ? (long) entries * Integer.BYTES : 0);
        long cqBytes = completions + (long) completionEntries * CQE_BYTES;
        this.ringsBytes = Math.max(sqBytes, cqBytes);
        this.sqesBytes = (long) entries * SQE_BYTES;
        this.rings = map(fd, ringsBytes, IoUring.IORING_OFF_SQ_RING);
        try {
            this.sqes = map(fd, sqesBytes, IoUring.IORING_OFF_SQES);
        } catch (SyscallException e) {
            Linux.munmap(rings, ringsBytes);
            throw e;
        }

        this.sqHead = rings + Memory.getInt(sq + Layouts.SqOffsets.HEAD);
        this.sqTail = rings + Memory.getInt(sq + Layouts.SqOffsets.TAIL);
        this.sqFlags = rings + Memory.getInt(sq + Layouts.SqOffsets.FLAGS);
        this.sqArray = hasArray ? rings + array : 0;
        this.cqHead = rings + Memory.getInt(cq + Layouts.CqOffsets.HEAD);
        this.cqTail = rings + Memory.getInt(cq + Layouts.CqOffsets.TAIL);
        this.cqOverflow = rings + Memory.getInt(cq + Layouts.CqOffsets.OVERFLOW);
        this.cqes = rings + completions;
    }

    /// One attempt, without mercy: no flag is dropped and no size is reduced.
    static RingSetup open(int entries, int completionEntries, int flags) throws SyscallException {
        String problem = IoUring.libraryProblem();
        if (problem != null) {
            throw new SyscallException("io_uring_setup", Errno.ELIBACC, problem);
        }
        try (Arena arena = Arena.ofConfined()) {
            long params = arena.allocate(Layouts.Params.BYTES, Long.BYTES).address();
            Memory.putInt(params + Layouts.Params.FLAGS, flags);
            Memory.putInt(params + Layouts.Params.CQ_ENTRIES, completionEntries);
            int fd = RingCalls.setup(entries, params);
            if (fd < 0) {
                throw failure("io_uring_setup(entries=" + entries + ")", -fd);
            }
            try {
                return new RingSetup(fd, flags, params);
            } catch (SyscallException e) {
                Linux.close(fd);
                throw e;
            }
        }
    }

    /// A millisecond, for what the kernel does a little later. An interrupt is kept for whoever
    /// waits for one.
    static void pause() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        Linux.munmap(sqes, sqesBytes);
        Linux.munmap(rings, ringsBytes);
        Linux.close(fd);
    }

    private static long map(int fd, long bytes, long offset) throws SyscallException {
        int flags = MAP_SHARED | MAP_POPULATE;
        long address = Linux.mmap(0, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);
        if (address < 0) {
            throw failure("mmap(ring fd=" + fd + ", bytes=" + bytes + ")", (int) -address);
        }
        // A child must not write into our rings before it calls exec. Failing that is no reason to
        // do without a ring.
        Linux.madvise(address, bytes, MADV_DONTFORK);
        return address;
    }

    /// Whether an error says that a filter or a policy refuses the call as such: EPERM is Docker's
    /// answer, ENOSYS podman's, gVisor's and an old kernel's, EACCES a security module's.
    static boolean isForbidden(int errno) {
        return errno == Errno.EPERM || errno == Errno.EACCES || errno == Errno.ENOSYS;
    }

    static SyscallException failure(String call, int errno) {
        String remedy = remedy(errno);
        return remedy == null
                ? new SyscallException(call, errno)
                : new SyscallException(call, errno, remedy);
    }

    private static @Nullable String remedy(int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES ->
                    "io_uring is forbidden here: allow io_uring_setup, io_uring_enter and"
                            + " io_uring_register in the container's seccomp profile, or set the"
                            + " sysctl kernel.io_uring_disabled=0";
            case Errno.ENOSYS ->
                    "the kernel has no io_uring or a sandbox hides it: run Linux 5.7 or later and"
                            + " allow io_uring_setup, io_uring_enter and io_uring_register in the"
                            + " container's seccomp profile";
            case Errno.ENOMEM ->
                    "too little lockable memory: raise RLIMIT_MEMLOCK (ulimit -l, docker run"
                            + " --ulimit memlock=-1) or ask for fewer entries";
            case Errno.EMFILE -> "too many open files: raise RLIMIT_NOFILE (ulimit -n)";
            default -> null;
        };
    }
}
