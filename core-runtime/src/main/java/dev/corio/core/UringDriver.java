package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.BufferRing;
import dev.corio.uring.CompletionQueue;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.FileTable;
import dev.corio.uring.IoUring;
import dev.corio.uring.Ring;
import dev.corio.uring.RingFeature;
import dev.corio.uring.RingFeatures;
import dev.corio.uring.RingOptions;
import dev.corio.uring.Sqe;
import dev.corio.uring.SubmissionQueue;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Hands submission queue entries to the kernel: one `io_uring_enter` for each turn of the loop.
///
/// Beside the operations of its core it has a few requests of its own ([ControlRequests]), which go
/// before everything else. Requests that find the submission queue full, because the kernel does
/// not take more until completions are reaped, wait in a backlog and go next.
///
/// **Threading:** confined to its core, but for [#wake].
final class UringDriver implements Driver {
    private static final System.Logger LOG = LoopLogger.ofCore();

    /// Set in the `user_data` of an operation while what the kernel has of it is a poll of its
    /// file. No slot has this bit, nor the next two.
    private static final long POLL = 1L << 31;

    /// Set in the `user_data` of a receive that holds a buffer of the group while it waits.
    private static final long PICKED = 1L << 30;

    /// Set in the `user_data` of a send without a copy.
    private static final long ZERO_COPY = 1L << 29;

    private static final int GROUP = 1;
    private static final int COMPLETION_ENTRIES_MAX = 1 << 16;

    /// Descriptors with greater numbers are used as they are.
    private static final int FILES_MAX = 1 << 15;

    private static final int NANOS_PER_MICRO = 1_000;

    /// That somebody else was faster happens. So often in a row it may as well mean that the kernel
    /// has no memory, or that polls say nothing of this file: then each further one costs a rest.
    private static final int NOT_READY_MAX = 5;

    /// How long a core rests whose kernel has no memory to go on.
    private static final long OUT_OF_MEMORY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Arena arena = Arena.ofShared();
    private final Completions completions;
    private final int completionsPerTurn;
    private final Ring ring;
    private final SubmissionQueue submissions;
    private final CompletionQueue queue;
    private final CompletionQueue.Handler handler = this::onCompletion;
    private final RingFeatures features;
    private final boolean flagsTaskWork;
    private final boolean defersTaskWork;
    private final boolean timesWaits;
    private final @Nullable BufferRing group;

    /// In place of the group where the kernel has no rings of buffers.
    private final @Nullable BufferPicks picks;

    /// Null where all sends are copied.
    private final @Nullable ZeroCopySends zeroCopy;

    /// Null where direct descriptors are not asked for.
    private final @Nullable FileTable files;

    private final boolean pollsFirst;
    private final ControlRequests controls;
    private final InFlight inFlight;
    private final Sockets sockets = new LinuxSockets();

    private final OperationQueue backlog = new OperationQueue();

    /// What the kernel never saw, and the next drain answers in its place: cancelled in the
    /// backlog, or not even written.
    private final OperationQueue unseen = new OperationQueue();

    /// Those whose file is ready again and again, and never for them: until they poll once more.
    private final RestingQueue resting = new RestingQueue();

    private final Consumer<Operation> submitAgain = this::submit;

    /// Where a request is looked at, rather than submitted.
    private final Sqe draft = Sqe.over(arena.allocate(Sqe.BYTES, Long.BYTES).address());

    private long submitted;

    UringDriver(
            CoreOptions options, RingFeatures features, InFlight inFlight, Completions completions)
            throws SyscallException {
        this.completions = completions;
        completionsPerTurn = options.completionsPerTurn();
        this.inFlight = inFlight;
        int entries = options.ringEntries();
        int completionEntries = Math.min(4 * entries, COMPLETION_ENTRIES_MAX);
        ring = Ring.open(new RingOptions(entries, completionEntries, features));
        submissions = ring.submissions();
        queue = ring.completions();
        this.features = ring.features();
        flagsTaskWork = this.features.has(RingFeature.TASKRUN_FLAG);
        defersTaskWork =
                this.features.has(RingFeature.DEFER_TASKRUN)
                        || this.features.has(RingFeature.COOP_TASKRUN);
        timesWaits = this.features.has(RingFeature.EXT_ARG);
        int zeroCopyBytes = options.sendZeroCopyBytes();
        zeroCopy =
                zeroCopyBytes > 0 && this.features.has(RingFeature.SEND_ZC)
                        ? new ZeroCopySends(zeroCopyBytes, arena)
                        : null;
        controls = openControls();
        int buffers = options.groupBuffers();
        boolean kernelPicks = this.features.has(RingFeature.PBUF_RING);
        picks = kernelPicks || buffers == 0 ? null : new BufferPicks(buffers);
        group = kernelPicks && buffers > 0 ? registerGroup(buffers) : null;
        files = this.features.has(RingFeature.FIXED_FILES) ? registerFiles() : null;
        pollsFirst = this.features.has(RingFeature.POLL_FIRST);
        if (options.isBusyPolling()) {
            pollDevices(options.napiBusyPoll());
        }
    }

    private ControlRequests openControls() throws SyscallException {
        try {
            return new ControlRequests(this, inFlight, features.has(RingFeature.CQE_SKIP));
        } catch (SyscallException e) {
            ring.close();
            throw e;
        }
    }

    /// Null where the kernel has no memory for one: then streams wait until there is something to
    /// read, and lease a buffer after that.
    private @Nullable BufferRing registerGroup(int buffers) {
        try {
            return BufferRing.register(ring, GROUP, buffers);
        } catch (SyscallException e) {
            LOG.log(System.Logger.Level.DEBUG, "no buffer group", e);
            return null;
        }
    }

    /// Null where it cannot be had: then requests take the longer way.
    private @Nullable FileTable registerFiles() {
        try {
            long filesMax = Linux.rlimit(Linux.RLIMIT_NOFILE).soft();
            // Unlimited is negative.
            boolean isMany = filesMax < 0 || filesMax > FILES_MAX;
            return FileTable.register(ring, isMany ? FILES_MAX : (int) filesMax);
        } catch (SyscallException e) {
            LOG.log(System.Logger.Level.WARNING, "no direct descriptors", e);
            return null;
        }
    }

    private void pollDevices(Duration time) {
        boolean isThere = features.has(RingFeature.NAPI);
        int micros = (int) (time.toNanos() / NANOS_PER_MICRO);
        int result = isThere ? ring.busyPoll(micros) : -Errno.EINVAL;
        if (result < 0) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "no polling of network devices",
                    new SyscallException(
                            "io_uring_register(NAPI, " + time + ")",
                            -result,
                            "this needs Linux 6.9 with CONFIG_NET_RX_BUSY_POLL"));
        }
    }

    /// Slots for submissions: fewer than were wanted where memory is short.
    int entries() {
        return ring.entries();
    }

    /// A blocking descriptor is what io_uring wants: it waits by itself.
    @Override
    public void adopt(int fd) {
        if (files != null) {
            files.add(fd);
        }
    }

    @Override
    public void release(int fd) {
        if (files != null) {
            files.remove(fd);
        }
    }

    @Override
    public void detach(int fd) {
        release(fd);
    }

    @Override
    public void submit(Operation operation) {
        if (backlog.isEmpty()) {
            push(operation);
        } else {
            backlog.add(operation);
        }
    }

    @Override
    public void cancel(Operation operation) {
        OperationQueue waits = operation.queue;
        if (waits != null && (waits == backlog || resting.is(waits))) {
            waits.remove(operation);
            unseen.add(operation);
        } else if (waits == null && (zeroCopy == null || !zeroCopy.cancel(operation))) {
            controls.cancel(operation);
        }
    }

    @Override
    public void flushAndWait(long deadlineNanos) {
        resting.wake(submitAgain);
        if (zeroCopy != null) {
            zeroCopy.giveUp();
        }
        boolean behind = !(controls.push() && pushWaiting());
        if (behind || deadlineNanos == NOW || queue.ready() > 0 || !unseen.isEmpty()) {
            if (submissions.pending() > 0 || mustEnter()) {
                check(ring.submitAndGet());
            }
            return;
        }
        long deadline =
                Math.min(deadlineNanos, Math.min(resting.dueNanos(), controls.retryNanos()));
        if (zeroCopy != null) {
            deadline = Math.min(deadline, zeroCopy.dueNanos());
        }
        long timeout = -1;
        if (deadline != Timers.NONE) {
            timeout = Math.max(0, deadline - System.nanoTime());
            if (!timesWaits) {
                if (!controls.armTimeout(deadline, timeout)) {
                    check(ring.submitAndGet());
                    return;
                }
                timeout = -1;
            }
        }
        check(ring.submitAndWait(timeout));
    }

    @Override
    public int drain() {
        if (queue.isFull() && submissions.isOverflowed()) {
            Events.overflow("io_uring", "completion queue", queue.entries());
        }
        int count = queue.drain(handler, completionsPerTurn);
        for (Operation each = unseen.poll(); each != null; each = unseen.poll()) {
            if (picks != null) {
                picks.putBack(each);
            }
            completions.complete(each.userData, each.unseenResult(), 0);
            count++;
        }
        return count;
    }

    @Override
    public boolean hasCompletions() {
        return queue.ready() > 0
                || !unseen.isEmpty()
                || (flagsTaskWork && submissions.isTaskWorkPending());
    }

    @Override
    public void wake() {
        controls.wake();
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
        return features.has(feature);
    }

    @Override
    public void provide(int bufferId, long address, int lengthBytes) {
        if (picks != null) {
            picks.provide(bufferId, address, lengthBytes);
        } else if (group != null) {
            group.add(address, lengthBytes, bufferId);
            group.publish();
        } else {
            throw new IllegalStateException("this driver has no buffer group");
        }
    }

    @Override
    public int bufferGroup() {
        return GROUP;
    }

    @Override
    public int bufferGroupEntries() {
        if (picks != null) {
            return picks.entries();
        }
        return group == null ? 0 : group.entries();
    }

    @Override
    public long enters() {
        return ring.enters();
    }

    @Override
    public long systemCalls() {
        return ring.enters();
    }

    @Override
    public long submissions() {
        return submitted;
    }

    @Override
    public int pendingSubmissions() {
        return backlog.size() + submissions.pending();
    }

    /// Ends the driver's own requests before the memory they point to is freed.
    @Override
    public void close() {
        while (controls.end()) {
            check(ring.submitAndWait(-1));
            drain();
        }
        if (group != null) {
            group.close();
        }
        if (files != null) {
            files.close();
        }
        ring.close();
        controls.close();
        arena.close();
    }

    /// The kernel cancels what is in flight, at some time after the ring is closed. Until then it
    /// may use the memory of the driver's own requests too.
    @Override
    public boolean abandon() {
        ring.abandon();
        controls.abandon();
        return true;
    }

    private void push(Operation operation) {
        Sqe sqe = next();
        if (sqe == null) {
            backlog.add(operation);
        } else {
            write(operation, sqe);
        }
    }

    private void write(Operation operation, Sqe sqe) {
        if (!operation.write(sqe)) {
            // The entry is taken, so something must be in it.
            sqe.clear();
            controls.fill(sqe);
            unseen.add(operation);
            return;
        }
        if (picks != null && !operation.isPolling && BufferPicks.selects(sqe)) {
            if (operation.picked != BufferPicks.NONE || picks.pickEarly(operation)) {
                picks.write(operation, sqe);
                sqe.userData(inKernel(operation));
            } else {
                operation.isPolling = true;
            }
        }
        if (operation.isPolling) {
            int fd = sqe.fd();
            int events = EntryTable.isWrite(sqe) ? Linux.POLLOUT : Linux.POLLIN;
            sqe.clear();
            sqe.pollAdd(fd, events).userData(inKernel(operation));
        } else if (zeroCopy != null && zeroCopy.write(operation, sqe)) {
            sqe.userData(inKernel(operation));
        } else if (pollsFirst && !operation.leftBytes && sqe.opcode() == IoUring.IORING_OP_RECV) {
            sqe.pollFirst();
        }
        if (files != null) {
            files.mark(sqe);
        }
    }

    /// What the kernel knows the operation by at present.
    static long inKernel(Operation operation) {
        if (operation.isPolling) {
            return POLL | operation.userData;
        }
        if (operation.zeroCopy != ZeroCopySends.NONE) {
            return ZERO_COPY | operation.userData;
        }
        return operation.picked == BufferPicks.NONE
                ? operation.userData
                : PICKED | operation.userData;
    }

    /// A free entry; submits the full queue first. Null when the kernel takes no more for now.
    @Nullable Sqe next() {
        Sqe sqe = submissions.next();
        if (sqe == null) {
            // A ring that fails says so again in flushAndWait, where nobody's request is half done.
            ring.submit();
            sqe = submissions.next();
            if (sqe == null) {
                return null;
            }
        }
        submitted++;
        return sqe;
    }

    private boolean pushWaiting() {
        while (!backlog.isEmpty()) {
            Sqe sqe = next();
            if (sqe == null) {
                return false;
            }
            Operation operation = backlog.poll();
            assert operation != null : "the backlog was not empty";
            write(operation, sqe);
        }
        return true;
    }

    /// Whether completions can be waiting where only a system call brings them to light.
    private boolean mustEnter() {
        if (submissions.isOverflowed()) {
            return true;
        }
        return flagsTaskWork ? submissions.isTaskWorkPending() : defersTaskWork;
    }

    private void onCompletion(long userData, int result, int flags) {
        if ((userData & (ControlRequests.BITS | POLL | PICKED | ZERO_COPY)) != 0) {
            onControl(userData, result, flags);
        } else if (result == -Errno.EAGAIN) {
            onNotReady(userData, flags);
        } else {
            completions.complete(userData, result, flags);
        }
    }

    /// The kernel waits by itself, but not every kernel on every file that somebody has made
    /// nonblocking. There readiness is awaited, and then the request goes again. Only a connect
    /// means what it says: a Unix listener has no room, and nothing tells when it will. What goes
    /// on by itself is not asked again.
    private void onNotReady(long userData, int flags) {
        Operation operation = inFlight.find(userData);
        if (operation == null
                || CqeFlags.hasMore(flags)
                || !operation.write(draft)
                || draft.opcode() == IoUring.IORING_OP_CONNECT) {
            completions.complete(userData, -Errno.EAGAIN, flags);
        } else {
            if (operation.timesNotReady < NOT_READY_MAX) {
                operation.timesNotReady++;
            }
            goOn(operation, true);
        }
    }

    private void onPolled(long userData, int result, int flags) {
        Operation operation = inFlight.find(userData & ~POLL);
        if (operation == null || !operation.isPolling) {
            // Stale, and recognised as such.
            completions.complete(userData, result, flags);
        } else if (result < 0) {
            completions.complete(operation.userData, result, flags);
        } else if (picks != null && operation.write(draft) && BufferPicks.selects(draft)) {
            onReadable(operation, picks);
        } else {
            goOn(operation, false);
        }
    }

    /// The bytes are there, so this receive may have the last buffer.
    private void onReadable(Operation operation, BufferPicks group) {
        boolean cancelling = operation.state == Operation.CANCELLING;
        if (cancelling || group.pick(operation)) {
            goOn(operation, false);
        } else {
            completions.complete(operation.userData, -Errno.ENOBUFS, 0);
        }
    }

    private void onPicked(long userData, int result, int flags) {
        Operation operation = inFlight.find(userData & ~PICKED);
        if (picks == null || operation == null || operation.picked == BufferPicks.NONE) {
            // Stale, and recognised as such.
            completions.complete(userData, result, flags);
        } else if (result > 0) {
            completions.complete(
                    operation.userData, result, BufferPicks.handOver(operation, flags));
        } else {
            picks.putBack(operation);
            onCompletion(operation.userData, result, flags);
        }
    }

    private void onZeroCopy(long userData, int result, int flags) {
        Operation operation = inFlight.find(userData & ~ZERO_COPY);
        if (zeroCopy == null || operation == null || operation.zeroCopy == ZeroCopySends.NONE) {
            // Stale, and recognised as such.
            completions.complete(userData, result, flags);
        } else if (zeroCopy.complete(operation, result, flags)) {
            if (ZeroCopySends.goesAgain(operation)) {
                goOn(operation, false);
            } else {
                onCompletion(operation.userData, operation.sent, 0);
            }
        }
    }

    private void goOn(Operation operation, boolean polls) {
        operation.isPolling = polls;
        if (operation.state == Operation.CANCELLING) {
            // What was to be cancelled is over, so the request for it found nothing.
            completions.complete(operation.userData, -Errno.ECANCELED, 0);
        } else if (polls && operation.timesNotReady == NOT_READY_MAX) {
            resting.add(operation);
        } else {
            submit(operation);
        }
    }

    private void onControl(long userData, int result, int flags) {
        if ((userData & ControlRequests.CANCEL) != 0) {
            controls.cancelled(userData & ~(POLL | PICKED | ZERO_COPY), result);
        } else if ((userData & POLL) != 0) {
            onPolled(userData, result, flags);
        } else if ((userData & PICKED) != 0) {
            onPicked(userData, result, flags);
        } else if ((userData & ZERO_COPY) != 0) {
            onZeroCopy(userData, result, flags);
        } else if (!controls.completed(userData)) {
            // Not one of ours, or not any more.
            completions.complete(userData, result, flags);
        }
    }

    private void check(int result) {
        if (result >= 0) {
            return;
        }
        switch (-result) {
            // The wait was over: time, or a signal.
            case Errno.ETIME, Errno.EINTR -> {}
            // No room for completions, or no memory. Reaping helps; where nothing is there to be
            // reaped only time does, and without a rest the loop would spin.
            case Errno.EBUSY, Errno.EAGAIN -> {
                if (queue.ready() == 0) {
                    LOG.log(System.Logger.Level.DEBUG, "io_uring_enter: " + Errno.name(-result));
                    LockSupport.parkNanos(OUT_OF_MEMORY_NANOS);
                }
            }
            default ->
                    throw new UncheckedIOException(new SyscallException("io_uring_enter", -result));
        }
    }
}
