package dev.corio.channel;

import dev.corio.core.Core;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// A value that is made when the first task of a core asks for it, even if that has to wait; others
/// that ask meanwhile wait for the same value.
///
/// ```java
/// LocalOnce<String> greeting = new LocalOnce<>();
/// String text = greeting.get(() -> fetch("greeting")); // fetched once
/// ```
///
/// When making it fails, the one that made it sees the failure, and the next one tries in its turn.
///
/// **Threading:** confined to its core.
///
/// @param <T> the value
public final class LocalOnce<T> {
    private final Core core = Core.current();
    private final WaitQueue waiters = new WaitQueue(core, "the value of a LocalOnce");
    private @Nullable T value;
    private @Nullable Thread maker;

    /// Without a value.
    public LocalOnce() {}

    /// The value, if it is there.
    public @Nullable T valueOrNull() {
        assert isHere();
        return value;
    }

    /// The value; makes it when it is not there and nobody else does.
    ///
    /// @throws IllegalStateException when `make` asks for the value that it is to make
    /// @throws InterruptedException when the task is interrupted while another makes it
    /// @throws Exception what `make` throws, if it was this task's that ran
    public T get(Callable<? extends T> make) throws Exception {
        assert isHere();
        WaitQueue.checkInterrupt(this);
        T ready = value;
        if (ready != null) {
            return ready;
        }
        if (maker == Thread.currentThread()) {
            throw new IllegalStateException("making the value of a LocalOnce asks for that value");
        }
        if (maker != null) {
            ready = awaitValue();
            if (ready != null) {
                return ready;
            }
        }
        return make(make);
    }

    @Override
    public String toString() {
        return "LocalOnce";
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalOnce used off its core; give each core its own";
        return true;
    }

    private T make(Callable<? extends T> make) throws Exception {
        maker = Thread.currentThread();
        try {
            T made = make.call();
            if (made == null) {
                throw new NullPointerException("null is never the value of a LocalOnce");
            }
            value = made;
            return made;
        } finally {
            maker = null;
            if (value != null) {
                waiters.grantAll();
            } else {
                letNextTry();
            }
        }
    }

    private void letNextTry() {
        Waiter next = waiters.poll();
        if (next != null) {
            maker = (Thread) next.owner;
            next.grant();
        }
    }

    /// Null when the one that made it has failed, and it is the caller's turn.
    private @Nullable T awaitValue() throws InterruptedException {
        Waiter waiter = waiters.lease();
        waiter.owner = Thread.currentThread();
        try {
            waiters.await(waiter);
            return value;
        } finally {
            waiters.release(waiter);
        }
    }
}
