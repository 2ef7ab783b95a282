package dev.corio.core;

import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Straight-line code that runs on one core and never leaves it: a virtual thread whose scheduler
/// is the core. Threads that it starts, and the forks of a `StructuredTaskScope`, stay there too. A
/// core that closes waits for its tasks, and not for threads that a task started and left alone:
/// those are interrupted where they wait for something of the core, and otherwise go on beside the
/// cores, where they cannot use them.
///
/// A task that throws ends alone. [#join] reports what it threw; when nobody has asked by then, the
/// failure is logged with the task's name.
///
/// **Threading:** safe from any thread.
public final class Task<T extends @Nullable Object> extends Roster.Member<Task<?>> {
    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final VarHandle JOINERS;
    private static final Joiner CLOSED = new Joiner(Thread.currentThread());

    static {
        try {
            JOINERS = MethodHandles.lookup().findVarHandle(Task.class, "joiners", Joiner.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final class Joiner {
        private final Thread thread;
        private @Nullable Joiner next;

        Joiner(Thread thread) {
            this.thread = thread;
        }
    }

    /// How a thread finds its task. As handler it is only asked when ending the task failed itself.
    private record Owner(Task<?> task) implements Thread.UncaughtExceptionHandler {
        @Override
        public void uncaughtException(Thread thread, Throwable e) {
            LOG.log(System.Logger.Level.ERROR, task + " could not end", e);
        }
    }

    private final Core core;
    private final Callable<T> body;
    private final Thread thread;

    private @Nullable T value;
    private @Nullable Throwable failure;
    private volatile boolean cancelled;

    /// When it was started, by the clock of its core; written there before it runs.
    private long startNanos;

    /// A stack of the threads that wait, [#CLOSED] once the outcome is there: it publishes the
    /// outcome.
    private volatile @Nullable Joiner joiners;

    Task(Core core, String name, Callable<T> body) {
        this.core = core;
        this.body = body;
        thread = VirtualThreads.unstarted(core.scheduler(), name, new Owner(this), this::run);
    }

    /// The name that thread dumps and logs show.
    public String name() {
        return thread.getName();
    }

    /// The virtual thread.
    public Thread thread() {
        return thread;
    }

    /// The core that it runs on.
    public Core core() {
        return core;
    }

    /// Whether it has ended, in whatever way.
    public boolean isDone() {
        return joiners == CLOSED;
    }

    /// Asks the task to end: interrupts it. The operation in flight is cancelled and its outcome
    /// awaited; the task sees an `InterruptedIOException` or an `InterruptedException`. Returns at
    /// once.
    public void cancel() {
        cancelled = true;
        thread.interrupt();
    }

    /// Waits for the end and answers the result.
    ///
    /// @throws ExecutionException with what the task threw as its cause
    /// @throws CancellationException when it was cancelled and ended for that reason
    /// @throws InterruptedException when the caller is interrupted first
    /// @throws IllegalStateException when the caller is a task of the same core and pinned to it,
    ///   or the loop itself: nobody could end that wait
    public T join() throws InterruptedException, ExecutionException {
        awaitEnd(Timers.NONE);
        return outcome();
    }

    /// Like [#join()], within a time.
    ///
    /// @throws TimeoutException when the task has not ended by then; it goes on
    public T join(Duration timeout)
            throws InterruptedException, ExecutionException, TimeoutException {
        if (!awaitEnd(nanoTime(Core.currentOrNull()) + Timers.nanos(timeout))) {
            throw new TimeoutException(this + " has not ended within " + timeout);
        }
        return outcome();
    }

    @Override
    public String toString() {
        return "task " + name();
    }

    /// Whether a thread is that of a task which [#cancel] was called for.
    static boolean isCancelled(Thread thread) {
        return thread.getUncaughtExceptionHandler() instanceof Owner owner && owner.task.cancelled;
    }

    /// Whether a failure says that its thread was interrupted.
    static boolean isInterruption(@Nullable Throwable failure) {
        return failure instanceof InterruptedException
                || (failure instanceof InterruptedIOException
                        && !(failure instanceof SocketTimeoutException))
                || failure instanceof ClosedByInterruptException
                || (failure instanceof UncheckedIOException && isInterruption(failure.getCause()));
    }

    /// On its core, right before the thread is started.
    void starts(long nowNanos) {
        startNanos = nowNanos;
    }

    /// The time since it was started.
    long ageNanos() {
        return core.driver().nanoTime() - startNanos;
    }

    /// The core has ended before the task, which will never go on: whoever joins it is told.
    void abandon() {
        try {
            String abandoned = this + " was abandoned: ";
            failure =
                    core.failure().hasBegun()
                            ? core.failure().exception(abandoned)
                            : new IllegalStateException(abandoned + core + " has ended");
        } catch (Throwable e) {
            // No memory for the reason; but whoever waits must not wait for ever.
            failure = e;
        }
        unpark((Joiner) JOINERS.getAndSet(this, CLOSED));
    }

    /// False when the time is over first.
    private boolean awaitEnd(long deadlineNanos) throws InterruptedException {
        Core here = Core.currentOrNull();
        if (here != null) {
            here.checkTask();
        }
        Joiner joiner = enlist();
        int stuck = 0;
        while (joiner != null && !isDone()) {
            long leftNanos = deadlineNanos - nanoTime(here);
            if (deadlineNanos != Timers.NONE && leftNanos <= 0) {
                delist(joiner);
                return false;
            }
            boolean left = park(here, deadlineNanos == Timers.NONE ? 0 : leftNanos);
            if (Thread.interrupted()) {
                delist(joiner);
                throw new InterruptedException("interrupted while joining " + this);
            }
            if (here != null && !left && !isDone() && ++stuck > 1 && here.parking().isPinned()) {
                if (here == core) {
                    delist(joiner);
                    throw Parking.refusal("the end of " + this);
                }
                here.parking().serve();
            }
        }
        return true;
    }

    private boolean park(@Nullable Core here, long nanos) {
        if (here != null) {
            return here.parking().park(this, nanos);
        }
        if (nanos > 0) {
            LockSupport.parkNanos(this, nanos);
        } else {
            LockSupport.park(this);
        }
        return true;
    }

    private static long nanoTime(@Nullable Core here) {
        return here == null ? System.nanoTime() : here.nanoTime();
    }

    /// Forgets a joiner that has given up, if nobody came after it: who asks again and again with a
    /// time limit leaves nothing behind.
    private void delist(Joiner joiner) {
        JOINERS.compareAndSet(this, joiner, joiner.next);
    }

    private @Nullable Joiner enlist() {
        Joiner joiner = new Joiner(Thread.currentThread());
        while (true) {
            Joiner head = joiners;
            if (head == CLOSED) {
                return null;
            }
            joiner.next = head;
            if (JOINERS.compareAndSet(this, head, joiner)) {
                return joiner;
            }
        }
    }

    @SuppressWarnings("NullAway") // the value is null only where T is nullable
    private T outcome() throws ExecutionException {
        if (failure == null) {
            return value;
        }
        if (wasCancelled()) {
            CancellationException cancellation = new CancellationException(this + " was cancelled");
            cancellation.initCause(failure);
            throw cancellation;
        }
        throw new ExecutionException(this + " failed: " + failure, failure);
    }

    private boolean wasCancelled() {
        return cancelled && failure != null && isInterruption(failure);
    }

    private void run() {
        Events.taskStarted(this);
        T returned = null;
        Throwable thrown = null;
        try {
            returned = body.call();
        } catch (Throwable e) {
            // Everything, Error too: the task ends alone and its outcome carries the reason.
            core.struck(e, this);
            thrown = core.failure().explain(e);
        }
        if (isDone()) {
            // Abandoned before it went on beside the cores: whoever joined was told, and is told
            // the same again.
            return;
        }
        value = returned;
        failure = thrown;
        Joiner joiner = (Joiner) JOINERS.getAndSet(this, CLOSED);
        Events.taskEnded(this, failure);
        core.tasks().ended(this, joiner == null && !wasCancelled() ? failure : null);
        unpark(joiner);
    }

    private static void unpark(@Nullable Joiner first) {
        for (Joiner joiner = first; joiner != null; joiner = joiner.next) {
            LockSupport.unpark(joiner.thread);
        }
    }
}
