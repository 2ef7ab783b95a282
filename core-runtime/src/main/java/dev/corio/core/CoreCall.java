package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A question that one core, or a plain thread, asks another core: a body that runs on that core's
/// loop, and its answer.
///
/// A call is an object that its owner keeps and uses again, as an [Operation] is: asking and being
/// answered allocates nothing. What a subclass keeps in its fields travels with it both ways. The
/// body runs between tasks, so it must be short and cannot wait; for one that waits use
/// [Core#spawn] and [Task#join], which work across cores too.
///
/// ```java
/// CoreCall<Integer> size = CoreCall.of("size", sessions::size); // once
/// int there = size.await(otherCore); // again and again
/// ```
///
/// A cancelled call that has not begun never will; one that has begun ends, it is short. Either way
/// [#join] returns only when the other core has let go of the object.
///
/// **Threading:** of its owner, the task or thread that submits it and joins it, but for [#call],
/// which the other core runs, and [#cancel], which is safe from any thread.
public abstract class CoreCall<T extends @Nullable Object> {
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(CoreCall.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int IDLE = 0;
    private static final int SUBMITTED = 1;
    private static final int RUNNING = 2;
    private static final int CANCELLED = 3;
    private static final int DONE = 4;

    /// Refused by a core that closes, whose mailbox may hold it all the same.
    private static final int SPENT = 5;

    final Mail mail = new Mail();
    private @Nullable T value;
    private @Nullable Throwable failure;
    private boolean wasCancelled;

    /// Whoever sets it to `DONE` publishes the answer.
    private volatile int state = IDLE;

    /// Partner of `state`: the owner sets this and then looks at that, the core the other way
    /// round, so that one of them sees the other.
    private volatile @Nullable Thread waiter;

    /// For a subclass, which gives the body.
    protected CoreCall() {}

    /// A call with this body.
    ///
    /// @param name how error messages name it
    public static <T extends @Nullable Object> CoreCall<T> of(String name, Callable<T> body) {
        return new CoreCall<>() {
            @Override
            protected T call() throws Exception {
                return body.call();
            }

            @Override
            public String toString() {
                return "call " + name;
            }
        };
    }

    /// What the other core does. It runs on the loop, which it must not block.
    protected abstract T call() throws Exception;

    /// How error messages name this call.
    @Override
    public abstract String toString();

    /// Hands the call over; [#join] answers. Never waits.
    ///
    /// @throws RejectedExecutionException when the core's mailbox is full or it closes
    /// @throws IllegalStateException when the call is still on its way
    public final void submit(Core core) {
        begin();
        if (!core.offer(mail) && STATE.compareAndSet(this, SUBMITTED, afterRefusal(core))) {
            throw core.refusal();
        }
    }

    /// Hands the call over and waits for the answer; while the core's mailbox is full it waits for
    /// room first. On the core itself the body is run at once.
    ///
    /// @throws ExecutionException with what the body threw as its cause
    /// @throws CancellationException when another thread cancelled it
    /// @throws InterruptedException when the caller is interrupted before the body has begun: then
    ///   it never will. When it has, the answer is returned and the interrupt kept
    /// @throws RejectedExecutionException when the core closes
    /// @throws IllegalStateException on the loop of another core, which cannot wait, or when the
    ///   call is still on its way
    public final T await(Core core) throws InterruptedException, ExecutionException {
        Core here = Core.currentOrNull();
        if (here == core) {
            begin();
            mail.run();
            return outcome();
        }
        if (here != null) {
            // Not only when the answer happens to be late.
            here.checkTask();
        }
        begin();
        if (!core.offer(mail)) {
            boolean handedOver = false;
            try {
                HandOver.await(core, mail);
                handedOver = true;
            } finally {
                if (!handedOver) {
                    state = afterRefusal(core);
                }
            }
        }
        return join();
    }

    /// Waits for the answer of a call that was submitted. Throws what [#await] throws. Answers
    /// again when it is asked again.
    public final T join() throws InterruptedException, ExecutionException {
        if (state == IDLE || state == SPENT) {
            throw new IllegalStateException(this + " was not submitted");
        }
        Parking.look(mail);
        boolean interrupted = false;
        if (mustPark(Thread.currentThread())) {
            while (!Parking.awaitElsewhere(mail)) {
                interrupted = true;
                cancel();
            }
        }
        waiter = null;
        if (interrupted) {
            if (wasCancelled) {
                throw new InterruptedException("interrupted while waiting for " + this);
            }
            Thread.currentThread().interrupt();
        }
        return outcome();
    }

    /// Takes the call back if the core has not begun it. Returns at once; [#join] tells.
    public final void cancel() {
        STATE.compareAndSet(this, SUBMITTED, CANCELLED);
    }

    /// Whether the answer is there.
    public final boolean isDone() {
        return state == DONE;
    }

    /// False when the answer is there; else this thread will be unparked.
    boolean mustPark(Thread thread) {
        if (state == DONE) {
            return false;
        }
        waiter = thread;
        return state != DONE;
    }

    /// Publishes the answer; who is to be unparked.
    @Nullable Thread finish() {
        state = DONE;
        return waiter;
    }

    void begin() {
        int now = state;
        if (now == SPENT) {
            throw new IllegalStateException(
                    this + " was refused by a core that closes; make a new one");
        }
        if (now != IDLE && now != DONE) {
            throw new IllegalStateException(this + " is on its way already; join it first");
        }
        value = null;
        failure = null;
        wasCancelled = false;
        // Published by what puts it into the mailbox.
        STATE.set(this, SUBMITTED);
    }

    private static int afterRefusal(Core core) {
        return core.refusesWork() ? SPENT : IDLE;
    }

    @SuppressWarnings("NullAway") // the value is null only where T is nullable
    private T outcome() throws ExecutionException {
        if (wasCancelled) {
            throw new CancellationException(this + " was cancelled");
        }
        if (failure == null) {
            return value;
        }
        throw new ExecutionException(this + " failed: " + failure, failure);
    }

    /// What is in the mailbox: the other core's view of the call.
    final class Mail implements Runnable, Parking.Awaited {
        @Override
        public void run() {
            if (STATE.compareAndSet(CoreCall.this, SUBMITTED, RUNNING)) {
                try {
                    value = call();
                } catch (Throwable e) {
                    // Everything, Error too: it is the answer.
                    Core.current().struck(e, CoreCall.this);
                    failure = e;
                }
            } else if (state == CANCELLED) {
                wasCancelled = true;
            } else {
                return;
            }
            LockSupport.unpark(finish());
        }

        @Override
        public boolean isOver() {
            return state == DONE;
        }

        @Override
        public String toString() {
            return "the answer to " + CoreCall.this;
        }
    }
}
