package dev.corio.channel;

import dev.corio.core.Core;
import org.jspecify.annotations.Nullable;

/// Guards what the tasks of one core share while they are suspended inside. Code that never waits
/// needs none, for tasks of one core do not run at the same time.
///
/// ```java
/// LocalMutex upstream = new LocalMutex();
/// try (var _ = upstream.lock()) {
///     write(request); // other tasks run meanwhile, but none of them is in here
///     read(response);
/// }
/// ```
///
/// It is handed to those who wait in the order of coming. A task that has it cannot take it again.
///
/// **Threading:** confined to its core.
public final class LocalMutex {
    private final Core core = Core.current();
    private final WaitQueue waiters = new WaitQueue(core, "a LocalMutex");
    private final Held held = new Held();
    private @Nullable Thread owner;

    /// A mutex of the calling core that nobody has.
    public LocalMutex() {}

    /// Takes the mutex; suspends the calling task until it can.
    ///
    /// @return gives it back when closed
    /// @throws IllegalStateException when the task has it already: it would wait for itself
    /// @throws InterruptedException when the task is interrupted first; it does not have it
    public Held lock() throws InterruptedException {
        assert isHere();
        WaitQueue.checkInterrupt(this);
        if (!tryLock()) {
            await();
        }
        return held;
    }

    /// Takes the mutex if nobody has it; [#unlock] gives it back.
    ///
    /// @throws IllegalStateException when the task has it already
    public boolean tryLock() {
        assert isHere();
        Thread task = Thread.currentThread();
        if (owner == task) {
            throw new IllegalStateException(task + " has this LocalMutex already");
        }
        if (owner != null) {
            return false;
        }
        owner = task;
        return true;
    }

    /// Gives the mutex back, or on to who waits longest.
    ///
    /// @throws IllegalMonitorStateException when the task does not have it
    public void unlock() {
        assert isHere();
        if (owner != Thread.currentThread()) {
            throw new IllegalMonitorStateException(
                    Thread.currentThread() + " gives back a LocalMutex of " + owner);
        }
        Waiter next = waiters.poll();
        if (next == null) {
            owner = null;
        } else {
            owner = (Thread) next.owner;
            next.grant();
        }
    }

    /// Whether some task has it.
    public boolean isLocked() {
        return owner != null;
    }

    @Override
    public String toString() {
        return owner == null ? "LocalMutex" : "LocalMutex of " + owner;
    }

    /// A mutex in a try-with-resources statement.
    public final class Held implements AutoCloseable {
        private Held() {}

        /// Gives the mutex back.
        @Override
        public void close() {
            unlock();
        }
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalMutex used off its core; use a ReentrantLock";
        return true;
    }

    private void await() throws InterruptedException {
        Waiter waiter = waiters.lease();
        waiter.owner = Thread.currentThread();
        try {
            waiters.await(waiter);
        } finally {
            waiters.release(waiter);
        }
    }
}
