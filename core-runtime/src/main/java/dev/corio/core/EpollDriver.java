package dev.corio.core;

import dev.corio.linux.EpollEvents;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.IoUring;
import dev.corio.uring.RingFeature;
import dev.corio.uring.Sqe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// An io_uring in user space: it reads the same submission queue entries and carries them out with
/// readiness and system calls. The fallback where io_uring is shut, and the baseline to compare
/// with.
///
/// A fair one: the call is tried first where it may succeed, and descriptors are registered once,
/// edge-triggered. Buffers are picked when data arrives, from a stack, so the one used last is
/// still in the cache.
///
/// **Threading:** confined to its core, but for [#wake].
final class EpollDriver implements Driver {
    private static final int ENTRY_BYTES = 64;
    private static final int EVENTS_MAX = 512;
    private static final long WAKE = -1;
    private static final int WOULD_BLOCK = -Errno.EAGAIN;

    /// New events are asked for at least every so many turns, however much there is to do.
    private static final int TURNS_WITHOUT_POLL_MAX = 8;

    /// Connections that one multishot accept takes before others have their turn.
    private static final int ACCEPTS_AT_ONCE = 64;

    private static final int EDGES =
            Linux.EPOLLET | Linux.EPOLLIN | Linux.EPOLLOUT | Linux.EPOLLRDHUP;

    private final Arena arena = Arena.ofShared();
    private final Completions completions;
    private final CompletionBuffer completed = new CompletionBuffer();
    private final OperationQueue submitted = new OperationQueue();

    /// One entry for each slot of the table of operations in flight: operations write into these.
    private final long entriesAddress;

    private final long entriesBytes;
    private final Sqe entries;

    /// Bytes already sent, or "connect has begun", for the operation in a slot.
    private int[] progress = new int[1024];

    private @Nullable EpollFile[] files = new EpollFile[1024];
    private final EpollEvents events;
    private final int epollFd;
    private final int wakeFd;
    private final MemorySegment wakeOne = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
    private int turnsWithoutPoll;

    private final int groupEntries;
    private final int[] groupFree;
    private final long[] groupAddresses;
    private final int[] groupLengths;
    private int groupFreeCount;

    private long submissionCount;
    private long enters;
    private long otherCalls;

    EpollDriver(CoreOptions options, InFlight inFlight, Completions completions)
            throws SyscallException {
        this.completions = completions;
        entriesBytes = (long) inFlight.entriesMax() * ENTRY_BYTES;
        // Only the pages of slots that are used become memory.
        entriesAddress =
                checked(
                        "mmap",
                        Linux.mmap(
                                0,
                                entriesBytes,
                                Linux.PROT_READ | Linux.PROT_WRITE,
                                Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_NORESERVE,
                                -1,
                                0));
        entries = Sqe.over(entriesAddress);
        events = EpollEvents.allocate(arena, EVENTS_MAX);
        epollFd = (int) checked("epoll_create1", Linux.epollCreate(Linux.EPOLL_CLOEXEC));
        wakeFd = (int) checked("eventfd", Linux.eventfd(0, Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK));
        // Edge-triggered: each write reports anew, nobody has to read the counter.
        checked(
                "epoll_ctl",
                Linux.epollControl(
                        epollFd, Linux.EPOLL_CTL_ADD, wakeFd, Linux.EPOLLIN | Linux.EPOLLET, WAKE));
        groupEntries = options.groupBuffers();
        groupFree = new int[groupEntries];
        groupAddresses = new long[groupEntries];
        groupLengths = new int[groupEntries];
    }

    @Override
    public void adopt(int fd) {
        if (fd >= files.length) {
            files = Arrays.copyOf(files, Math.max(fd + 1, files.length * 2));
        }
        files[fd] = new EpollFile(fd);
        Linux.fcntl(fd, Linux.F_SETFL, Linux.O_NONBLOCK);
        otherCalls++;
    }

    /// Closing takes the descriptor out of the epoll set.
    @Override
    public void release(int fd) {
        files[fd] = null;
    }

    @Override
    public void submit(Operation operation) {
        submissionCount++;
        int slot = InFlight.slot(operation.userData);
        if (slot >= progress.length) {
            progress = Arrays.copyOf(progress, Math.max(slot + 1, progress.length * 2));
        }
        progress[slot] = 0;
        Sqe sqe = entries.slot(slot);
        sqe.clear();
        operation.prepare(sqe);
        sqe.userData(operation.userData);
        submitted.add(operation);
    }

    @Override
    public void cancel(Operation operation) {
        OperationQueue queue = operation.queue;
        // In no queue: it has completed, and the completion waits to be handed out.
        if (queue != null) {
            queue.remove(operation);
            int done = progress[InFlight.slot(operation.userData)];
            boolean sentSome = done > 0 && entry(operation).opcode() == IoUring.IORING_OP_SEND;
            completed.add(operation.userData, sentSome ? done : -Errno.ECANCELED, 0);
        }
    }

    @Override
    public void flushAndWait(long deadlineNanos) {
        for (Operation each = submitted.poll(); each != null; each = submitted.poll()) {
            begin(each);
        }
        if (deadlineNanos == NOW || !completed.isEmpty()) {
            if (++turnsWithoutPoll >= TURNS_WITHOUT_POLL_MAX) {
                poll(0);
            }
        } else if (deadlineNanos == Timers.NONE) {
            poll(-1);
        } else {
            poll(Math.max(0, deadlineNanos - System.nanoTime()));
        }
    }

    @Override
    public int drain() {
        return completed.drain(completions);
    }

    @Override
    public boolean hasCompletions() {
        if (completed.isEmpty()) {
            poll(0);
        }
        return !completed.isEmpty();
    }

    @Override
    public void wake() {
        // EAGAIN, the counter's limit, would mean that a wake-up is pending: as good.
        Linux.write(wakeFd, wakeOne.address(), Long.BYTES);
    }

    @Override
    public boolean supports(RingFeature feature) {
        return switch (feature) {
            case FAST_POLL, NODROP, EXT_ARG, SUBMIT_ALL, MULTISHOT_ACCEPT -> true;
            case PBUF_RING -> groupEntries > 0;
            default -> false;
        };
    }

    @Override
    public void provide(int bufferId, long address, int lengthBytes) {
        groupAddresses[bufferId] = address;
        groupLengths[bufferId] = lengthBytes;
        groupFree[groupFreeCount++] = bufferId;
    }

    @Override
    public int bufferGroup() {
        return 0;
    }

    @Override
    public int bufferGroupEntries() {
        return groupEntries;
    }

    @Override
    public long enters() {
        return enters;
    }

    @Override
    public long systemCalls() {
        return enters + otherCalls;
    }

    @Override
    public long submissions() {
        return submissionCount;
    }

    @Override
    public void close() {
        Linux.close(epollFd);
        Linux.close(wakeFd);
        Linux.munmap(entriesAddress, entriesBytes);
        arena.close();
    }

    // ---- the life of one request: begun, perhaps waiting, attempted, completed

    private void begin(Operation operation) {
        Sqe sqe = entry(operation);
        switch (sqe.opcode()) {
            case IoUring.IORING_OP_NOP -> completed.add(operation.userData, 0, 0);
            case IoUring.IORING_OP_CLOSE -> finish(operation, Linux.close(sqe.fd()));
            case IoUring.IORING_OP_SHUTDOWN ->
                    finish(operation, Linux.shutdown(sqe.fd(), sqe.length()));
            default -> beginOnFile(operation, sqe);
        }
    }

    private void finish(Operation operation, int result) {
        otherCalls++;
        completed.add(operation.userData, result, 0);
    }

    private void beginOnFile(Operation operation, Sqe sqe) {
        int fd = sqe.fd();
        EpollFile file = fd >= 0 && fd < files.length ? files[fd] : null;
        if (file == null) {
            completed.add(operation.userData, -Errno.EBADF, 0);
            return;
        }
        boolean writes = isWrite(sqe);
        OperationQueue waiting = writes ? file.writers : file.readers;
        if (sqe.opcode() == IoUring.IORING_OP_POLL_ADD) {
            waiting.add(operation);
            askAgain(file, writes ? file.writable : file.readable);
            return;
        }
        boolean ready = writes ? file.writable : file.readable;
        if (!ready || !waiting.isEmpty() || !attempt(operation, sqe, file)) {
            waiting.add(operation);
            register(file);
        }
    }

    /// Carries the request out as far as possible without waiting; false when it must wait.
    private boolean attempt(Operation operation, Sqe sqe, EpollFile file) {
        int result =
                switch (sqe.opcode()) {
                    case IoUring.IORING_OP_RECV -> receive(operation, sqe, file);
                    case IoUring.IORING_OP_SEND -> send(operation, sqe, file);
                    case IoUring.IORING_OP_ACCEPT -> accept(operation, sqe, file);
                    case IoUring.IORING_OP_CONNECT -> connect(operation, sqe);
                    default -> call(sqe);
                };
        if (result == WOULD_BLOCK) {
            if (isWrite(sqe)) {
                file.writable = false;
            } else {
                file.readable = false;
            }
            return false;
        }
        if (result != COMPLETED_ALREADY) {
            completed.add(operation.userData, result, 0);
        }
        return true;
    }

    /// The answer of an attempt that has put its completion into the buffer itself.
    private static final int COMPLETED_ALREADY = Integer.MIN_VALUE;

    private int receive(Operation operation, Sqe sqe, EpollFile file) {
        boolean selects = (sqe.flags() & IoUring.IOSQE_BUFFER_SELECT) != 0;
        if (selects && groupFreeCount == 0) {
            return -Errno.ENOBUFS;
        }
        int bufferId = selects ? groupFree[groupFreeCount - 1] : -1;
        long address = selects ? groupAddresses[bufferId] : sqe.address();
        int length = sqe.length();
        if (selects && (length == 0 || length > groupLengths[bufferId])) {
            length = groupLengths[bufferId];
        }
        int result = call(Linux.recv(sqe.fd(), address, length, sqe.operationFlags()));
        if (result > 0 && result < length && (sqe.operationFlags() & Linux.MSG_PEEK) == 0) {
            file.receivedShort();
        }
        if (selects && result > 0) {
            groupFreeCount--;
            int flags = CqeFlags.IORING_CQE_F_BUFFER | bufferId << CqeFlags.IORING_CQE_BUFFER_SHIFT;
            completed.add(operation.userData, result, flags);
            return COMPLETED_ALREADY;
        }
        return result;
    }

    /// With `MSG_WAITALL` goes on until all is sent, like the kernel's own.
    private int send(Operation operation, Sqe sqe, EpollFile file) {
        int slot = InFlight.slot(operation.userData);
        int flags = sqe.operationFlags();
        boolean all = (flags & Linux.MSG_WAITALL) != 0;
        int length = sqe.length();
        int done = progress[slot];
        while (true) {
            int result =
                    call(
                            Linux.send(
                                    file.fd,
                                    sqe.address() + done,
                                    length - done,
                                    flags & ~Linux.MSG_WAITALL));
            if (result < 0) {
                return result != WOULD_BLOCK && done > 0 ? done : result;
            }
            done += result;
            progress[slot] = done;
            if (!all || done == length) {
                return done;
            }
        }
    }

    private int accept(Operation operation, Sqe sqe, EpollFile file) {
        boolean multishot = (sqe.ioprio() & IoUring.IORING_ACCEPT_MULTISHOT) != 0;
        int budget = ACCEPTS_AT_ONCE;
        while (true) {
            int fd =
                    call(Linux.accept4(file.fd, sqe.address(), sqe.offset(), sqe.operationFlags()));
            if (fd < 0 || !multishot) {
                return fd;
            }
            completed.add(operation.userData, fd, CqeFlags.IORING_CQE_F_MORE);
            if (--budget == 0) {
                // The edge is spent: ask epoll to report what is left.
                askAgain(file, true);
                return WOULD_BLOCK;
            }
        }
    }

    private int connect(Operation operation, Sqe sqe) {
        int slot = InFlight.slot(operation.userData);
        if (progress[slot] > 0) {
            return -call(Linux.getsockopt(sqe.fd(), Linux.SOL_SOCKET, Linux.SO_ERROR));
        }
        progress[slot] = 1;
        int result = call(Linux.connect(sqe.fd(), sqe.address(), (int) sqe.offset()));
        return result == -Errno.EINPROGRESS ? WOULD_BLOCK : result;
    }

    private int call(Sqe sqe) {
        int fd = sqe.fd();
        long address = sqe.address();
        int length = sqe.length();
        return switch (sqe.opcode()) {
            case IoUring.IORING_OP_RECVMSG ->
                    call(Linux.recvmsg(fd, address, sqe.operationFlags()));
            case IoUring.IORING_OP_SENDMSG ->
                    call(Linux.sendmsg(fd, address, sqe.operationFlags()));
            case IoUring.IORING_OP_READ -> call(Linux.read(fd, address, length));
            case IoUring.IORING_OP_WRITE -> call(Linux.write(fd, address, length));
            case IoUring.IORING_OP_READV -> call(Linux.readv(fd, address, length));
            case IoUring.IORING_OP_WRITEV -> call(Linux.writev(fd, address, length));
            // What an old kernel says of an opcode that it does not know.
            default -> -Errno.EINVAL;
        };
    }

    private int call(int result) {
        otherCalls++;
        return result;
    }

    // ---- readiness

    private void poll(long timeoutNanos) {
        turnsWithoutPoll = 0;
        enters++;
        int count = Linux.epollWait(epollFd, events, timeoutNanos);
        for (int i = 0; i < count; i++) {
            long data = events.data(i);
            if (data != WAKE) {
                EpollFile file = files[(int) data];
                if (file != null) {
                    report(file, events.events(i));
                }
            }
        }
    }

    private void report(EpollFile file, int reported) {
        file.report(reported);
        if (file.readable) {
            serve(file.readers, file, reported);
        }
        if (file.writable) {
            serve(file.writers, file, reported);
        }
    }

    private void serve(OperationQueue waiting, EpollFile file, int reported) {
        Operation next = waiting.peek();
        while (next != null) {
            Operation operation = next;
            next = operation.nextQueued;
            Sqe sqe = entry(operation);
            if (sqe.opcode() == IoUring.IORING_OP_POLL_ADD) {
                int polled = reported & (sqe.operationFlags() | Linux.EPOLLERR | Linux.EPOLLHUP);
                if (polled != 0) {
                    waiting.remove(operation);
                    completed.add(operation.userData, polled, 0);
                }
            } else if (attempt(operation, sqe, file)) {
                waiting.remove(operation);
            } else {
                return;
            }
        }
    }

    private void register(EpollFile file) {
        if (!file.registered) {
            file.registered = true;
            control(file, Linux.EPOLL_CTL_ADD);
        }
    }

    /// Makes epoll report the state of a file that is registered already.
    private void askAgain(EpollFile file, boolean mayBeReady) {
        if (!file.registered) {
            register(file);
        } else if (mayBeReady) {
            control(file, Linux.EPOLL_CTL_MOD);
        }
    }

    private void control(EpollFile file, int operation) {
        int result = call(Linux.epollControl(epollFd, operation, file.fd, EDGES, file.fd));
        if (result < 0) {
            // EPERM: a regular file, always ready. Others: whoever waits is told.
            failWaiting(file.readers, result);
            failWaiting(file.writers, result);
        }
    }

    private void failWaiting(OperationQueue waiting, int result) {
        for (Operation each = waiting.poll(); each != null; each = waiting.poll()) {
            completed.add(each.userData, result, 0);
        }
    }

    private Sqe entry(Operation operation) {
        return entries.slot(InFlight.slot(operation.userData));
    }

    private static boolean isWrite(Sqe sqe) {
        return switch (sqe.opcode()) {
            case IoUring.IORING_OP_SEND,
                    IoUring.IORING_OP_SENDMSG,
                    IoUring.IORING_OP_WRITE,
                    IoUring.IORING_OP_WRITEV,
                    IoUring.IORING_OP_CONNECT ->
                    true;
            case IoUring.IORING_OP_POLL_ADD -> (sqe.operationFlags() & Linux.POLLOUT) != 0;
            default -> false;
        };
    }

    private static long checked(String call, long result) throws SyscallException {
        if (result < 0) {
            throw new SyscallException(call, (int) -result);
        }
        return result;
    }
}
