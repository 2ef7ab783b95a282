package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.Sqe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// The requests of a [UringDriver] for itself: a read of the eventfd that wakes it, cancellations,
/// and on kernels before 5.11 (no `EXT_ARG`) one timeout. They need no slot in the table of
/// operations, and so there is always room for them.
///
/// Only failures complete, where the kernel can keep quiet about success (5.17).
///
/// **Threading:** confined to its core, but for [#wake].
final class ControlRequests {
    /// With the `user_data` of its target in the other bits.
    static final long CANCEL = 1L << 63;

    /// One of these is set in each `user_data` of theirs.
    static final long BITS = CANCEL | InFlight.CONTROL;

    private static final long WAKE = InFlight.CONTROL | 1;
    private static final long TIMEOUT = InFlight.CONTROL | 2;
    private static final long TIMEOUT_REMOVE = InFlight.CONTROL | 3;
    private static final long NOTHING = InFlight.CONTROL | 4;

    private static final int TIMESPEC_BYTES = 16;

    /// An entry's timespec must last until it is submitted: enough slots for the ones of a few
    /// turns.
    private static final int TIMESPECS = 8;

    private final UringDriver driver;
    private final InFlight inFlight;
    private final boolean skipsCompletions;
    private final Arena arena = Arena.ofShared();

    private final int wakeFd;
    private final MemorySegment wakeCount = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment wakeOne = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
    private boolean wakeArmed;

    private final MemorySegment timespecs = arena.allocate(TIMESPEC_BYTES * TIMESPECS, 8);
    private int nextTimespec;
    private int timeoutsArmed;
    private long timeoutNanos;

    private final OperationQueue cancels = new OperationQueue();

    /// Targets that were between two states when their cancel came.
    private final RestingQueue missed = new RestingQueue();

    private final Consumer<Operation> again = cancels::add;

    ControlRequests(UringDriver driver, InFlight inFlight, boolean skipsCompletions)
            throws SyscallException {
        this.driver = driver;
        this.inFlight = inFlight;
        this.skipsCompletions = skipsCompletions;
        wakeFd = Linux.eventfd(0, Linux.EFD_CLOEXEC);
        if (wakeFd < 0) {
            arena.close();
            throw new SyscallException("eventfd", -wakeFd);
        }
    }

    void wake() {
        // Refused at the counter's limit, where a wake-up is pending: as good.
        Linux.signal(wakeFd, wakeOne.address());
    }

    /// Asks for the end of an operation that the kernel has, with the next [#push].
    void cancel(Operation operation) {
        cancels.add(operation);
    }

    /// When [#push] has something to repeat; [Timers#NONE] for nothing.
    long retryNanos() {
        return missed.dueNanos();
    }

    /// Writes what is to be asked; false where entries are wanting.
    boolean push() {
        missed.wake(again);
        return pushCancels() && armWake();
    }

    /// One timeout is armed at a time; a later deadline than the armed one costs an early return.
    /// False when there is no entry for it: then nobody must wait.
    boolean armTimeout(long deadlineNanos, long timeout) {
        if (timeoutsArmed > 0) {
            if (timeoutNanos - deadlineNanos <= 0) {
                return true;
            }
            removeTimeout();
        }
        Sqe sqe = driver.next();
        if (sqe == null) {
            return false;
        }
        long offset = (long) nextTimespec * TIMESPEC_BYTES;
        nextTimespec = (nextTimespec + 1) % TIMESPECS;
        long second = TimeUnit.SECONDS.toNanos(1);
        timespecs.set(ValueLayout.JAVA_LONG, offset, timeout / second);
        timespecs.set(ValueLayout.JAVA_LONG, offset + 8, timeout % second);
        sqe.timeout(timespecs.address() + offset, 0, 0).userData(TIMEOUT);
        timeoutsArmed++;
        timeoutNanos = deadlineNanos;
        return true;
    }

    /// Makes an entry that was taken for nothing harmless.
    void fill(Sqe sqe) {
        quiet(sqe.nop()).userData(NOTHING);
    }

    /// A cancel is answered. Where the target was not found, or was just being carried out, it may
    /// have gone back to waiting, if it is still in flight: asks once more, a little later.
    void cancelled(long userData, int result) {
        if (result < 0) {
            Operation operation = inFlight.find(userData & ~CANCEL);
            if (operation != null && operation.queue == null) {
                missed.add(operation);
            }
        }
    }

    /// Another request is answered; false when it is none of these, or not any more. What a removal
    /// did the timeout itself tells.
    boolean completed(long userData) {
        if (userData == WAKE && wakeArmed) {
            wakeArmed = false;
        } else if (userData == TIMEOUT && timeoutsArmed > 0) {
            timeoutsArmed--;
        } else {
            return userData == TIMEOUT_REMOVE || userData == NOTHING;
        }
        return true;
    }

    /// Ends those whose memory the kernel may write to; whether any is left, so that one more has
    /// to be awaited.
    boolean end() {
        if (wakeArmed) {
            wake();
        }
        if (timeoutsArmed > 0) {
            removeTimeout();
        }
        return wakeArmed || timeoutsArmed > 0;
    }

    /// After the last one.
    void close() {
        Linux.close(wakeFd);
        arena.close();
    }

    /// Instead of [#close] when the kernel may still write: the memory stays.
    void abandon() {
        Linux.close(wakeFd);
    }

    private boolean pushCancels() {
        for (Operation first = cancels.peek(); first != null; first = cancels.peek()) {
            Sqe sqe = driver.next();
            if (sqe == null) {
                return false;
            }
            long target = Detours.inKernel(first);
            quiet(sqe.cancel(target)).userData(CANCEL | target);
            cancels.remove(first);
        }
        return true;
    }

    private boolean armWake() {
        if (wakeArmed) {
            return true;
        }
        Sqe sqe = driver.next();
        if (sqe == null) {
            return false;
        }
        sqe.read(wakeFd, wakeCount.address(), Long.BYTES, 0).userData(WAKE);
        wakeArmed = true;
        return true;
    }

    private void removeTimeout() {
        Sqe sqe = driver.next();
        if (sqe != null) {
            quiet(sqe.timeoutRemove(TIMEOUT)).userData(TIMEOUT_REMOVE);
        }
    }

    private Sqe quiet(Sqe sqe) {
        return skipsCompletions ? sqe.skipSuccess() : sqe;
    }
}
