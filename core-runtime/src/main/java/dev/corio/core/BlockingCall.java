package dev.corio.core;

import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// One body on its way through the pool of [Blocking], and the task that waits for it.
///
/// **Threading:** made and waited for by the task; run by a thread of the pool.
final class BlockingCall<T extends @Nullable Object> extends FutureTask<T>
        implements Parking.Awaited {
    private final Thread waiter = Thread.currentThread();

    /// Only for who looks from outside.
    private volatile @Nullable Thread runner;

    BlockingCall(Callable<T> body) {
        super(body);
    }

    @Override
    public void run() {
        runner = Thread.currentThread();
        super.run();
    }

    @Override
    public boolean isOver() {
        return isDone();
    }

    /// What the body answered or threw, once it is over.
    ///
    /// @throws RejectedExecutionException when the pool was closed before the body began
    T outcome() throws Exception {
        return switch (state()) {
            case SUCCESS -> resultNow();
            case FAILED -> {
                Throwable failure = withCaller(exceptionNow());
                if (failure instanceof Error error) {
                    throw error;
                }
                throw (Exception) failure;
            }
            case CANCELLED -> throw Blocking.refusal();
            case RUNNING -> throw new IllegalStateException(this + " is not over");
        };
    }

    @Override
    protected void done() {
        LockSupport.unpark(waiter);
    }

    @Override
    public String toString() {
        Thread thread = runner;
        return thread == null
                ? "Blocking.call, which waits for a thread"
                : "Blocking.call on " + thread.getName();
    }

    /// The stack of a failure ends in the pool; this adds the one of the task. Once: an exception
    /// that a body keeps and throws again must not grow.
    private static Throwable withCaller(Throwable failure) {
        for (Throwable each : failure.getSuppressed()) {
            if (each instanceof Caller) {
                return failure;
            }
        }
        failure.addSuppressed(new Caller(Thread.currentThread().getName()));
        return failure;
    }

    private static final class Caller extends Exception {
        private static final long serialVersionUID = 1;

        Caller(String task) {
            super("Blocking.call by task " + task);
        }
    }
}
