package dev.corio.core;

import dev.corio.linux.EpollEvents;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.IoUring;
import dev.corio.uring.RingFeature;
import dev.corio.uring.Sqe;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
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
    /// Files that are served before those tasks run which wait for them. Few enough that what was
    /// received is still in the cache by then, and that the group has a buffer for each.
    private static final int EVENTS_MAX = 64;

    private static final long WAKE = -1;

    /// New events are asked for at least every so many turns, however much there is to do.
    private static final int TURNS_WITHOUT_POLL_MAX = 8;

    /// And whenever the last poll is so long ago: turns can be slow.
    private static final long NANOS_WITHOUT_POLL_MAX = TimeUnit.MICROSECONDS.toNanos(500);

    private static final int EDGES =
            Linux.EPOLLET | Linux.EPOLLIN | Linux.EPOLLPRI | Linux.EPOLLOUT | Linux.EPOLLRDHUP;

    private final Arena arena = Arena.ofShared();
    private final Completions completions;
    private final CompletionBuffer completed = new CompletionBuffer();
    private final OperationQueue submitted = new OperationQueue();

    private final EntryTable entries;

    private @Nullable EpollFile[] files = new EpollFile[1024];
    private final EpollEvents events;
    private final int epollFd;
    private final int wakeFd;
    private final MemorySegment wakeOne = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
    private final int completionsPerTurn;
    private int turnsWithoutPoll;
    private long polledNanos = System.nanoTime();

    private final BufferStack buffers;
    private final EpollCalls calls;
    private final Sockets sockets = new LinuxSockets();
    private long submissionCount;
    private long enters;

    EpollDriver(CoreOptions options, InFlight inFlight, Completions completions)
            throws SyscallException {
        this.completions = completions;
        completionsPerTurn = options.completionsPerTurn();
        entries = new EntryTable(inFlight.entriesMax());
        events = EpollEvents.allocate(arena, EVENTS_MAX);
        epollFd = Linux.epollCreate(Linux.EPOLL_CLOEXEC);
        wakeFd = Linux.eventfd(0, Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK);
        try {
            checked("epoll_create1", epollFd);
            checked("eventfd", wakeFd);
            // Edge-triggered: each write reports anew, nobody has to read the counter.
            int edge = Linux.EPOLLIN | Linux.EPOLLET;
            checked(
                    "epoll_ctl",
                    Linux.epollControl(epollFd, Linux.EPOLL_CTL_ADD, wakeFd, edge, WAKE));
        } catch (SyscallException e) {
            close();
            throw e;
        }
        buffers = new BufferStack(options.groupBuffers());
        calls = new EpollCalls(completed, buffers);
    }

    @Override
    public void adopt(int fd) {
        if (fd >= files.length) {
            files = Arrays.copyOf(files, Math.max(fd + 1, files.length * 2));
        }
        files[fd] = new EpollFile(fd);
        calls.counted(Linux.fcntl(fd, Linux.F_SETFL, Linux.O_NONBLOCK));
    }

    /// Takes the descriptor out of the epoll set now. Closing alone would do so only with the last
    /// number of the file, and `epoll_wait` might be the one to close it then, which can block.
    @Override
    public void release(int fd) {
        EpollFile file = files[fd];
        if (file != null && file.registered) {
            calls.counted(Linux.epollControl(epollFd, Linux.EPOLL_CTL_DEL, fd, 0, 0));
        }
        files[fd] = null;
    }

    @Override
    public void detach(int fd) {
        release(fd);
        calls.counted(Linux.fcntl(fd, Linux.F_SETFL, 0));
    }

    @Override
    public void submit(Operation operation) {
        submissionCount++;
        calls.begin(InFlight.slot(operation.userData));
        if (entries.write(operation)) {
            submitted.add(operation);
        } else {
            completed.add(operation.userData, operation.unseenResult(), 0);
        }
    }

    @Override
    public void cancel(Operation operation) {
        OperationQueue queue = operation.queue;
        // In no queue: it has completed, and the completion waits to be handed out.
        if (queue != null) {
            queue.remove(operation);
            int slot = InFlight.slot(operation.userData);
            completed.add(operation.userData, calls.cancelled(entries.of(operation), slot), 0);
        }
    }

    @Override
    public void flushAndWait(long deadlineNanos) {
        for (Operation each = submitted.poll(); each != null; each = submitted.poll()) {
            begin(each);
        }
        if (deadlineNanos == NOW || !completed.isEmpty()) {
            if (++turnsWithoutPoll >= TURNS_WITHOUT_POLL_MAX
                    || System.nanoTime() - polledNanos >= NANOS_WITHOUT_POLL_MAX) {
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
        return completed.drain(completions, completionsPerTurn);
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
        // Refused at the counter's limit, where a wake-up is pending: as good.
        Linux.signal(wakeFd, wakeOne.address());
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Sockets sockets() {
        return sockets;
    }

    @Override
    public boolean supports(RingFeature feature) {
        return switch (feature) {
            case FAST_POLL, NODROP, EXT_ARG, SUBMIT_ALL, MULTISHOT_ACCEPT -> true;
            case PBUF_RING -> buffers.entries() > 0;
            default -> false;
        };
    }

    @Override
    public void provide(int bufferId, long address, int lengthBytes) {
        buffers.provide(bufferId, address, lengthBytes);
    }

    @Override
    public int bufferGroup() {
        return 0;
    }

    @Override
    public int bufferGroupEntries() {
        return buffers.entries();
    }

    @Override
    public long enters() {
        return enters;
    }

    @Override
    public long systemCalls() {
        return enters + calls.count();
    }

    @Override
    public long submissions() {
        return submissionCount;
    }

    @Override
    public int pendingSubmissions() {
        return submitted.size();
    }

    @Override
    public void close() {
        // One that could not be opened is negative, and closing it does nothing.
        Linux.close(epollFd);
        Linux.close(wakeFd);
        entries.close();
        arena.close();
    }

    /// Requests are carried out in user space: nobody writes to their memory behind our back.
    @Override
    public boolean abandon() {
        close();
        return false;
    }

    private void begin(Operation operation) {
        Sqe sqe = entries.of(operation);
        switch (sqe.opcode()) {
            case IoUring.IORING_OP_NOP -> completed.add(operation.userData, 0, 0);
            case IoUring.IORING_OP_CLOSE -> finish(operation, Linux.close(sqe.fd()));
            case IoUring.IORING_OP_SHUTDOWN ->
                    finish(operation, Linux.shutdown(sqe.fd(), sqe.length()));
            default -> beginOnFile(operation, sqe);
        }
    }

    private void finish(Operation operation, int result) {
        completed.add(operation.userData, calls.counted(result), 0);
    }

    private void beginOnFile(Operation operation, Sqe sqe) {
        int fd = sqe.fd();
        EpollFile file = fd >= 0 && fd < files.length ? files[fd] : null;
        if (file == null) {
            completed.add(operation.userData, -Errno.EBADF, 0);
            return;
        }
        if (sqe.opcode() == IoUring.IORING_OP_POLL_ADD) {
            file.pollers.add(operation);
            askAgain(file);
            return;
        }
        boolean writes = EntryTable.isWrite(sqe);
        OperationQueue waiting = writes ? file.writers : file.readers;
        boolean mayGoOn = (writes ? file.writable : file.readable) && waiting.isEmpty();
        waiting.add(operation);
        if (mayGoOn) {
            serve(waiting, file);
        }
        if (operation.queue == waiting && !file.registered) {
            register(file);
        }
    }

    /// Carries the request out as far as possible without waiting; false when it must wait.
    private boolean attempt(Operation operation, Sqe sqe, EpollFile file) {
        int result = calls.perform(sqe, file);
        if (result == EpollCalls.WOULD_BLOCK) {
            if (EntryTable.isWrite(sqe)) {
                file.writable = false;
            } else {
                file.readable = false;
            }
            return false;
        }
        if (result == EpollCalls.MORE) {
            // The edge is spent: epoll must report once more what is left.
            askAgain(file);
            return false;
        }
        if (result != EpollCalls.COMPLETED) {
            completed.add(operation.userData, result, 0);
        }
        return true;
    }

    private void poll(long timeoutNanos) {
        turnsWithoutPoll = 0;
        enters++;
        int count = Linux.epollWait(epollFd, events, timeoutNanos);
        polledNanos = System.nanoTime();
        if (count < 0 && count != -Errno.EINTR) {
            throw new UncheckedIOException(new SyscallException("epoll_wait", -count));
        }
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
        servePollers(file, reported);
        if (file.readable) {
            serve(file.readers, file);
        }
        if (file.writable) {
            serve(file.writers, file);
        }
    }

    /// Goes on with those who wait, in order, until one must wait longer.
    private void serve(OperationQueue waiting, EpollFile file) {
        for (Operation first = waiting.peek(); first != null; first = waiting.peek()) {
            if (!attempt(first, entries.of(first), file)) {
                return;
            }
            waiting.remove(first);
        }
    }

    private void servePollers(EpollFile file, int reported) {
        Operation next = file.pollers.peek();
        while (next != null) {
            Operation operation = next;
            next = operation.nextQueued;
            int wanted = entries.of(operation).operationFlags();
            int polled = reported & (wanted | Linux.EPOLLERR | Linux.EPOLLHUP);
            if (polled != 0) {
                file.pollers.remove(operation);
                completed.add(operation.userData, polled, 0);
            }
        }
    }

    private void register(EpollFile file) {
        file.registered = control(file, Linux.EPOLL_CTL_ADD);
    }

    /// Makes epoll report the state of a file, registered already or not.
    private void askAgain(EpollFile file) {
        if (file.registered) {
            control(file, Linux.EPOLL_CTL_MOD);
        } else {
            register(file);
        }
    }

    /// False when epoll refuses; whoever waits is told then. What epoll cannot watch (EPERM: a
    /// regular file, a device without a queue) is always ready, as the kernel's own poll says too.
    private boolean control(EpollFile file, int operation) {
        int result = calls.counted(Linux.epollControl(epollFd, operation, file.fd, EDGES, file.fd));
        if (result == -Errno.EPERM) {
            servePollers(file, Linux.POLLIN | Linux.POLLOUT);
        }
        if (result < 0) {
            fail(file.pollers, result);
            fail(file.readers, result);
            fail(file.writers, result);
        }
        return result >= 0;
    }

    private void fail(OperationQueue waiting, int result) {
        for (Operation each = waiting.poll(); each != null; each = waiting.poll()) {
            completed.add(each.userData, result, 0);
        }
    }

    private static void checked(String call, int result) throws SyscallException {
        if (result < 0) {
            throw new SyscallException(call, -result);
        }
    }
}
