package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CompletionQueue;
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
import org.jspecify.annotations.Nullable;

/// Hands submission queue entries to the kernel: one `io_uring_enter` for each turn of the loop.
///
/// Beside the operations of its core it has a few requests of its own ([ControlRequests]), which go
/// before everything else. Some operations take more than one request ([Detours]). Requests that
/// find the submission queue full, because the kernel does not take more until completions are
/// reaped, wait in a backlog and go next.
///
/// **Threading:** confined to its core, but for [#wake].
final class UringDriver implements Driver {
    private static final System.Logger LOG = LoopLogger.ofCore();

    private static final int COMPLETION_ENTRIES_MAX = 1 << 16;

    /// Descriptors with greater numbers are used as they are.
    private static final int FILES_MAX = 1 << 15;

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
    private final BufferGroup group;

    /// Null where direct descriptors are not asked for.
    private final @Nullable FileTable files;

    private final ControlRequests controls;
    private final Detours detours;
    private final Sockets sockets = new LinuxSockets();

    private final OperationQueue backlog = new OperationQueue();

    /// What the kernel never saw, and the next drain answers in its place: cancelled in the
    /// backlog, or not even written.
    private final OperationQueue unseen = new OperationQueue();

    private long submitted;

    UringDriver(
            CoreOptions options, RingFeatures features, InFlight inFlight, Completions completions)
            throws SyscallException {
        this.completions = completions;
        completionsPerTurn = options.completionsPerTurn();
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
        controls = openControls(inFlight);
        group = new BufferGroup(ring, options.groupBuffers());
        detours =
                new Detours(
                        options,
                        this.features,
                        inFlight,
                        completions,
                        group.picks(),
                        this::submit,
                        arena);
        files = this.features.has(RingFeature.FIXED_FILES) ? registerFiles() : null;
        if (options.isBusyPolling()) {
            pollDevices(options.napiBusyPoll());
        }
    }

    private ControlRequests openControls(InFlight inFlight) throws SyscallException {
        try {
            return new ControlRequests(this, inFlight, features.has(RingFeature.CQE_SKIP));
        } catch (SyscallException e) {
            ring.close();
            throw e;
        }
    }

    /// Null where it cannot be had: then requests take the longer way.
    private @Nullable FileTable registerFiles() {
        try {
            return FileTable.register(ring, FILES_MAX);
        } catch (SyscallException e) {
            LOG.log(System.Logger.Level.WARNING, "no direct descriptors", e);
            return null;
        }
    }

    private void pollDevices(Duration time) {
        boolean isThere = features.has(RingFeature.NAPI);
        int micros = (int) TimeUnit.MICROSECONDS.convert(time);
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
        if (waits != null && (waits == backlog || detours.holds(waits))) {
            waits.remove(operation);
            unseen.add(operation);
        } else if (waits == null && !detours.cancel(operation)) {
            controls.cancel(operation);
        }
    }

    @Override
    public void flushAndWait(long deadlineNanos) {
        group.passTurn();
        detours.goOn();
        boolean behind = !(controls.push() && pushWaiting()) || detours.isStarving();
        if (behind || deadlineNanos == NOW || queue.ready() > 0 || !unseen.isEmpty()) {
            if (submissions.pending() > 0 || mustEnter()) {
                check(ring.submitAndGet());
            }
            return;
        }
        long deadline =
                Math.min(deadlineNanos, Math.min(detours.dueNanos(), controls.retryNanos()));
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
        if (queue.overflow() != 0) {
            // Since 5.19 the kernel refuses to go on by itself.
            throw new UncheckedIOException(
                    new SyscallException(
                            "io_uring",
                            Errno.EBADR,
                            "the kernel had no memory for "
                                    + queue.overflow()
                                    + " completions and lost them"));
        }
        int count = detours.passTurn() + queue.drain(handler, completionsPerTurn);
        for (Operation each = unseen.poll(); each != null; each = unseen.poll()) {
            group.putBack(each);
            completions.complete(each.userData, each.unseenResult(), 0);
            count++;
        }
        return count;
    }

    @Override
    public boolean hasCompletions() {
        return queue.ready() > 0
                || !unseen.isEmpty()
                || detours.isStarving()
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
        group.provide(bufferId, address, lengthBytes);
    }

    @Override
    public int bufferGroup() {
        return BufferGroup.NUMBER;
    }

    @Override
    public int bufferGroupEntries() {
        return group.entries();
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
        group.close();
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
        detours.write(operation, sqe);
        assert isKnown(sqe) : sqe.opcode() + " is no operation of this kernel: " + operation;
        if (files != null && operation.descriptor() != null) {
            files.mark(sqe);
        }
    }

    /// Whether the kernel, or the older one that it is masked to, has the operation. Not every one
    /// says which it has, and what we have no name for is left to the kernel to refuse.
    private boolean isKnown(Sqe sqe) {
        return features.supportsOpcode(sqe.opcode())
                || !features.supportsOpcode(IoUring.IORING_OP_NOP)
                || sqe.opcode() > IoUring.IORING_OP_URING_CMD128;
    }

    /// A free entry; submits the full queue first. Null when the kernel takes no more for now.
    @Nullable Sqe next() {
        Sqe sqe = submissions.next();
        if (sqe == null) {
            group.fill();
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
        group.completed(result, flags, (userData & Detours.BITS) != 0);
        if ((userData & ControlRequests.BITS) != 0) {
            onControl(userData, result, flags);
        } else if ((userData & Detours.BITS) != 0 || result == -Errno.EAGAIN) {
            detours.complete(userData, result, flags);
        } else {
            completions.complete(userData, result, flags);
        }
    }

    private void onControl(long userData, int result, int flags) {
        if ((userData & ControlRequests.CANCEL) != 0) {
            controls.cancelled(userData & ~Detours.BITS, result);
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
