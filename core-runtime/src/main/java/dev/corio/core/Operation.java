package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.AsynchronousCloseException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// One request to the kernel and its answer: something that can write itself into a submission
/// queue entry, and that is told the result of the completion.
///
/// An operation is an object that its owner keeps and uses again: a stream has one receive and one
/// send for its whole life. It is `IDLE` until submitted, `IN_FLIGHT` until its final completion,
/// and `DONE` after it; `DONE` is as good as `IDLE` for the next submission. Between submission and
/// final completion everything that [#prepare] put into the entry belongs to the driver: the
/// memory, and the descriptor, which is not closed before.
///
/// There are two ways to use one. A task calls [Core#await] and is suspended until the result is
/// there. Or [#completed] takes the next step itself, on the loop, and submits again: a chain needs
/// no task switch.
///
/// An operation whose [#prepare] throws ends like any other, in a coming turn, with `-EINVAL`; a
/// task that awaits it gets what was thrown.
///
/// **Threading:** confined to its core.
public abstract class Operation {
    static final int IDLE = 0;
    static final int IN_FLIGHT = 1;
    static final int CANCELLING = 2;
    static final int DONE = 3;

    /// Its core failed before the final completion.
    static final int LOST = 4;

    private final @Nullable Descriptor descriptor;
    private @Nullable IoBuffer buffer;
    private @Nullable Expiry expiry;
    private int result;
    private @Nullable Throwable preparationFailure;
    private boolean awaited;
    private boolean preparing;

    int state = IDLE;

    /// In flight, but what the kernel has is a poll of its file: see [Detours].
    boolean isPolling;

    /// The buffer that it holds while it waits, for [BufferPicks].
    short picked = BufferPicks.NONE;

    /// How often in a row the kernel has answered `EAGAIN` to it, as far as [Detours] counts.
    byte timesNotReady;

    /// Whether the socket had more to read after the last completion, as far as is known; before
    /// the first one it may.
    boolean leftBytes = true;

    /// How far a send without a copy is, for [ZeroCopySends].
    byte zeroCopy = ZeroCopySends.NONE;

    /// The result of its first completion, kept until the second.
    int sent;

    /// Whether the kernel has refused to send without a copy what this operation sends.
    boolean mustCopy;

    /// Slot and generation of the entry in [InFlight]; valid while in flight.
    long userData;

    /// The task that waits in [Core#await].
    @Nullable Thread waiter;

    /// What [Core#submit(Operation, Suspension)] resumes at the final completion.
    @Nullable Suspension whenDone;

    /// Links of the driver's queue that holds this operation (submission backlog, readiness queue).
    @Nullable Operation nextQueued;

    @Nullable Operation previousQueued;
    @Nullable OperationQueue queue;

    /// Links of the list of all operations in flight on one descriptor.
    @Nullable Operation nextOnDescriptor;

    @Nullable Operation previousOnDescriptor;

    /// @param descriptor the file that the operation works on; it stays open while in flight
    protected Operation(@Nullable Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /// Writes the request: opcode, file and arguments, all but `user_data`. Called for each
    /// submission, on the loop or in the submitting task, at the latest when the loop next enters
    /// the kernel; and again, until the final completion, when the kernel is asked anew.
    protected abstract void prepare(Sqe sqe);

    /// Takes a completion, on the loop: it must not block, and may submit this or any other
    /// operation.
    ///
    /// @param result `>= 0`, or a negative errno
    /// @param flags the completion's `IORING_CQE_F_*`; while `IORING_CQE_F_MORE` is set, further
    ///   completions follow and the operation stays in flight
    protected void completed(int result, int flags) {
        if (result >= 0 && (!awaited || CqeFlags.hasMore(flags))) {
            // Nobody will ever see it.
            undo(result);
        }
    }

    /// Takes a success back that nobody wants any more. An operation whose result has an owner,
    /// such as the descriptor of an accept, an open or a socket, closes it here and answers true.
    /// Called when the task that awaits it was interrupted meanwhile or the file is closed, which
    /// is then all that the task is told, and when nobody awaits it and [#completed] is not
    /// overridden.
    ///
    /// @param result `>= 0`
    /// @return false when there is nothing to take back, as by default: then the result counts, so
    ///   that bytes which were received are not lost
    protected boolean undo(int result) {
        return false;
    }

    /// [#completed] threw, which has been logged: whoever waits for what it should have done next
    /// must be told. Runs on the loop and must not throw too.
    protected void broken(Throwable failure) {}

    /// How error messages name this call, for example `recv(fd=7)`.
    @Override
    public abstract String toString();

    /// The buffer that the driver owns while this operation is in flight; null when it uses none.
    /// May change only between flights.
    public final void buffer(@Nullable IoBuffer buffer) {
        ensureIdle();
        this.buffer = buffer;
    }

    /// See [#buffer(IoBuffer)].
    public final @Nullable IoBuffer buffer() {
        return buffer;
    }

    /// Whether the driver still owns this operation.
    public final boolean isInFlight() {
        return state == IN_FLIGHT || state == CANCELLING;
    }

    /// The file that the operation works on.
    public final @Nullable Descriptor descriptor() {
        return descriptor;
    }

    /// The result of the last final completion: `>= 0`, or a negative errno.
    public final int result() {
        return result;
    }

    /// The result of the last final completion as [Core#await] would answer it.
    ///
    /// @return the result, `>= 0`
    /// @throws IOException for a negative result; see [#failure]
    public final int outcome() throws IOException {
        return outcome(false);
    }

    /// The exception that a negative result becomes above [Core#await]. An operation with a better
    /// one (`ConnectException`, `BindException`) overrides this.
    ///
    /// @param errno positive
    protected IOException failure(int errno) {
        return new SyscallException(toString(), errno);
    }

    /// What is in flight belongs to the driver, entry, buffer and all.
    final void ensureIdle() {
        if (isInFlight()) {
            throw new IllegalStateException(
                    this + " is in flight; it can be used again after its final completion");
        }
    }

    /// Writes the request, for a driver. Its buffer, which is lent by now, lets it see the address.
    /// False when that failed: the driver then completes the operation with [#unseenResult], in its
    /// next drain.
    final boolean write(Sqe sqe) {
        preparing = true;
        try {
            prepare(sqe);
        } catch (Throwable e) {
            // Error too: the slot and the buffer must come back whatever it was.
            preparationFailure = e;
            return false;
        } finally {
            preparing = false;
        }
        sqe.userData(userData);
        return true;
    }

    /// Whether it is writing its request just now.
    final boolean isPreparing() {
        return preparing;
    }

    /// The result of a request that the kernel never saw.
    final int unseenResult() {
        return preparationFailure == null ? -Errno.ECANCELED : -Errno.EINVAL;
    }

    /// What [#prepare] threw for the last submission.
    final @Nullable Throwable preparationFailure() {
        return preparationFailure;
    }

    /// Whether somebody waited for the last final completion.
    final boolean wasAwaited() {
        return awaited;
    }

    /// The timer of an operation that is awaited for a limited time.
    final Expiry expiryOn(Core core) {
        Expiry kept = expiry;
        if (kept == null || !kept.isOn(core)) {
            kept = new Expiry(core, this);
            expiry = kept;
        }
        return kept;
    }

    /// The buffer comes first: it may refuse, and then nothing has begun.
    final void begin(InFlight table) {
        if (buffer != null) {
            buffer.lend(this);
        }
        preparationFailure = null;
        isPolling = false;
        timesNotReady = 0;
        picked = BufferPicks.NONE;
        zeroCopy = ZeroCopySends.NONE;
        userData = table.add(this);
        state = IN_FLIGHT;
        if (descriptor != null) {
            descriptor.link(this);
        }
    }

    /// The final completion arrived: everything that was lent is ours again, and whoever waits for
    /// it goes on.
    final void end(int result) {
        settle(DONE, result, false);
    }

    /// There will be no final completion.
    ///
    /// @param kernelMayWrite whether the buffer can never be used again
    final void lose(int result, boolean kernelMayWrite) {
        settle(LOST, result, kernelMayWrite);
    }

    private void settle(int outcome, int result, boolean kernelMayWrite) {
        this.result = result;
        state = outcome;
        if (queue != null) {
            // A cancel that was still to be sent has nothing left to end.
            queue.remove(this);
        }
        if (buffer != null) {
            buffer.reclaim(this);
            if (kernelMayWrite) {
                buffer.lose();
            }
        }
        if (descriptor != null) {
            descriptor.unlink(this);
        }
        awaited = waiter != null || whenDone != null;
        if (waiter != null) {
            LockSupport.unpark(waiter);
        }
        if (whenDone != null) {
            Suspension suspension = whenDone;
            whenDone = null;
            suspension.resume();
        }
    }

    /// Turns the result into a value or an exception, for a task that awaited it.
    final int outcome(boolean interrupted) throws IOException {
        if (preparationFailure instanceof RuntimeException e) {
            throw e;
        }
        if (preparationFailure instanceof Error e) {
            throw e;
        }
        boolean undone = result >= 0 && (interrupted || isClosed()) && undo(result);
        if (!undone && (result > 0 || (result == 0 && !isClosed()))) {
            return result;
        }
        if (isClosed()) {
            throw new AsynchronousCloseException();
        }
        if (interrupted && (undone || wasCancelled())) {
            throw interruption(this + " was cancelled: its task was interrupted");
        }
        throw failure(-result);
    }

    /// Whether it ended because it was cancelled, with nothing done; EINTR is what some kernels say
    /// of a worker.
    public final boolean wasCancelled() {
        return result == -Errno.ECANCELED || result == -Errno.EINTR;
    }

    /// Whether its file is closed, or being closed: the number may soon be another file's.
    final boolean isClosed() {
        return descriptor != null && descriptor.isClosing();
    }

    static InterruptedIOException interruption(String text) {
        return new InterruptedIOException(text);
    }
}
