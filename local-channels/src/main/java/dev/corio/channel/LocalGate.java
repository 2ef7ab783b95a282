package dev.corio.channel;

import dev.corio.core.Core;

/// Counts the work in flight on one core, and on closing lets no more in and waits until what is
/// inside is out: how a server drains.
///
/// ```java
/// LocalGate requests = new LocalGate();
/// if (requests.tryEnter()) { // false once it is closed
///     try {
///         handle();
///     } finally {
///         requests.leave();
///     }
/// }
/// requests.close();
/// requests.awaitEmpty();
/// ```
///
/// **Threading:** confined to its core.
public final class LocalGate {
    private final Core core = Core.current();
    private final WaitQueue waiters = new WaitQueue(core, "a LocalGate to be empty");
    private int inside;
    private boolean closed;

    /// An open gate of the calling core.
    public LocalGate() {}

    /// Counts one in; false when the gate is closed.
    public boolean tryEnter() {
        assert isHere();
        if (closed) {
            return false;
        }
        inside++;
        return true;
    }

    /// Counts one in.
    ///
    /// @throws ClosedException when the gate is closed
    public void enter() {
        if (!tryEnter()) {
            throw new ClosedException(this);
        }
    }

    /// Counts one out.
    ///
    /// @throws IllegalStateException when nobody is inside
    public void leave() {
        assert isHere();
        if (inside == 0) {
            throw new IllegalStateException("left a LocalGate that nobody has entered");
        }
        if (--inside == 0) {
            waiters.grantAll();
        }
    }

    /// Lets no more in.
    public void close() {
        assert isHere();
        closed = true;
    }

    /// Suspends the calling task until nobody is inside. An open gate may fill again meanwhile.
    ///
    /// @throws InterruptedException when the task is interrupted first
    public void awaitEmpty() throws InterruptedException {
        assert isHere();
        WaitQueue.checkInterrupt(this);
        if (inside == 0) {
            return;
        }
        Waiter waiter = waiters.lease();
        try {
            waiters.await(waiter);
        } finally {
            waiters.release(waiter);
        }
    }

    /// How many are inside.
    public int inside() {
        return inside;
    }

    /// Whether it lets no more in.
    public boolean isClosed() {
        return closed;
    }

    @Override
    public String toString() {
        return "LocalGate(" + inside + " inside" + (closed ? ", closed)" : ")");
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalGate used off its core; give each core its own";
        return true;
    }
}
