package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.IoUring;
import dev.corio.uring.RingFeature;
import dev.corio.uring.RingFeatures;
import dev.corio.uring.Sqe;
import java.lang.foreign.Arena;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The ways of operations that are not done by the one request that they write.
///
/// ```
///  answered EAGAIN ─────────────────► poll ── ready ──► the request again
///  receive, and the kernel ─┬─► into a buffer of BufferPicks
///  cannot pick a buffer     └─► poll ── ready ─┬─► into a buffer of BufferPicks
///                                              └─► StarvedQueue ──► the same, or ENOBUFS
///  large send ──────────────────────► without a copy ── result ──► released, see ZeroCopySends
/// ```
///
/// What the kernel has of an operation at present shows in its `user_data` there, so that a
/// completion of what it had before is recognised as stale.
///
/// **Threading:** confined to its core.
final class Detours {
    /// The kernel has a poll of the operation's file. No slot has this bit, nor the next two.
    private static final long POLL = 1L << 31;

    /// A receive that holds a buffer of the group while it waits.
    private static final long PICKED = 1L << 30;

    /// A send without a copy.
    private static final long ZERO_COPY = 1L << 29;

    /// One of these is set in each `user_data` of an operation on its way here.
    static final long BITS = POLL | PICKED | ZERO_COPY;

    /// That somebody else was faster happens. So often in a row it may as well mean that the kernel
    /// has no memory, or that polls say nothing of this file: then each further one costs a rest.
    private static final int NOT_READY_MAX = 5;

    private final InFlight inFlight;
    private final Driver.Completions completions;
    private final Consumer<Operation> submit;
    private final @Nullable BufferPicks picks;
    private final @Nullable ZeroCopySends zeroCopy;
    private final boolean pollsFirst;

    /// Those whose file is ready again and again, and never for them: until they poll once more.
    private final RestingQueue resting = new RestingQueue();

    private final StarvedQueue starved = new StarvedQueue();
    private final Consumer<Operation> onFed = this::onFed;

    /// Where a request is looked at, rather than submitted.
    private final Sqe draft;

    /// @param picks null where the kernel picks buffers itself, or nobody
    /// @param submit what goes on to be asked of the kernel
    /// @param arena of the driver
    Detours(
            CoreOptions options,
            RingFeatures features,
            InFlight inFlight,
            Driver.Completions completions,
            @Nullable BufferPicks picks,
            Consumer<Operation> submit,
            Arena arena) {
        this.inFlight = inFlight;
        this.completions = completions;
        this.picks = picks;
        this.submit = submit;
        boolean copiesAll = options.sendZeroCopyBytes() == 0 || !features.has(RingFeature.SEND_ZC);
        zeroCopy = copiesAll ? null : new ZeroCopySends(options.sendZeroCopyBytes(), arena);
        pollsFirst = features.has(RingFeature.POLL_FIRST);
        draft = Sqe.over(arena.allocate(Sqe.BYTES, Long.BYTES).address());
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

    /// Makes of the request that an operation has written the one that the kernel gets now.
    void write(Operation operation, Sqe sqe) {
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
        } else if (zeroCopy != null
                && operation.descriptor() != null
                && zeroCopy.write(operation, sqe)) {
            sqe.userData(inKernel(operation));
        } else if (pollsFirst && !operation.leftBytes && sqe.opcode() == IoUring.IORING_OP_RECV) {
            sqe.pollFirst();
        }
    }

    /// Whether the operations in that queue wait here. The kernel has nothing of theirs to cancel.
    boolean holds(OperationQueue queue) {
        return resting.is(queue) || starved.is(queue);
    }

    /// Whether some wait for what this process does next, so that it must not sleep.
    boolean isStarving() {
        return !starved.isEmpty();
    }

    /// A turn is over; the number of operations that ended with it.
    int passTurn() {
        return starved.passTurn(completions);
    }

    /// Cancels what the kernel cannot; false for anything else.
    boolean cancel(Operation operation) {
        return zeroCopy != null && zeroCopy.cancel(operation);
    }

    /// Goes on with what is due.
    void goOn() {
        resting.wake(submit);
        if (picks != null) {
            starved.feed(picks, onFed);
        }
        if (zeroCopy != null) {
            zeroCopy.giveUp();
        }
    }

    /// When [#goOn] has something to do; [Timers#NONE] for never.
    long dueNanos() {
        return zeroCopy == null
                ? resting.dueNanos()
                : Math.min(resting.dueNanos(), zeroCopy.dueNanos());
    }

    /// Takes a completion with one of the [#BITS], or of a request that was answered `EAGAIN`.
    void complete(long userData, int result, int flags) {
        if ((userData & POLL) != 0) {
            polled(userData, result, flags);
        } else if ((userData & PICKED) != 0) {
            received(userData, result, flags);
        } else if ((userData & ZERO_COPY) != 0) {
            sent(userData, result, flags);
        } else if (result == -Errno.EAGAIN) {
            notReady(userData, flags);
        } else {
            completions.complete(userData, result, flags);
        }
    }

    /// The kernel waits by itself, but not every kernel on every file that somebody has made
    /// nonblocking. There readiness is awaited, and then the request goes again. Only a connect
    /// means what it says: a Unix listener has no room, and nothing tells when it will. What goes
    /// on by itself is not asked again.
    private void notReady(long userData, int flags) {
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
            ask(operation, true);
        }
    }

    private void polled(long userData, int result, int flags) {
        Operation operation = inFlight.find(userData & ~POLL);
        if (operation == null || !operation.isPolling) {
            // Stale, and recognised as such.
            completions.complete(userData, result, flags);
        } else if (result < 0) {
            completions.complete(operation.userData, result, flags);
        } else if (picks != null && operation.write(draft) && BufferPicks.selects(draft)) {
            readable(operation, picks);
        } else {
            ask(operation, false);
        }
    }

    /// The bytes are there, so this receive may have the last buffer.
    private void readable(Operation operation, BufferPicks group) {
        boolean cancelling = operation.state == Operation.CANCELLING;
        if (cancelling || (starved.isEmpty() && group.pick(operation))) {
            ask(operation, false);
        } else {
            starved.add(operation);
        }
    }

    private void onFed(Operation operation) {
        ask(operation, false);
    }

    private void received(long userData, int result, int flags) {
        Operation operation = inFlight.find(userData & ~PICKED);
        if (picks == null || operation == null || operation.picked == BufferPicks.NONE) {
            // Stale, and recognised as such.
            completions.complete(userData, result, flags);
        } else if (result > 0) {
            completions.complete(
                    operation.userData, result, BufferPicks.handOver(operation, flags));
        } else {
            picks.putBack(operation);
            complete(operation.userData, result, flags);
        }
    }

    private void sent(long userData, int result, int flags) {
        Operation operation = inFlight.find(userData & ~ZERO_COPY);
        if (zeroCopy == null || operation == null || operation.zeroCopy == ZeroCopySends.NONE) {
            // Stale, and recognised as such.
            completions.complete(userData, result, flags);
        } else if (zeroCopy.complete(operation, result, flags)) {
            if (ZeroCopySends.goesAgain(operation)) {
                ask(operation, false);
            } else {
                complete(operation.userData, operation.sent, 0);
            }
        }
    }

    /// Asks the kernel once more: for readiness, or for what the operation wants.
    private void ask(Operation operation, boolean polls) {
        operation.isPolling = polls;
        if (operation.state == Operation.CANCELLING) {
            // What was to be cancelled is over, so the request for it found nothing.
            completions.complete(operation.userData, -Errno.ECANCELED, 0);
        } else if (polls && operation.timesNotReady == NOT_READY_MAX) {
            resting.add(operation);
        } else {
            submit.accept(operation);
        }
    }
}
