package dev.corio.channel;

import dev.corio.core.Core;

/// Where a number of tasks of one core wait until all of them have come; then they go on, and it is
/// ready for the next round.
///
/// ```java
/// LocalBarrier rounds = new LocalBarrier(3);
/// if (rounds.await()) { // true in one of the three
///     report();
/// }
/// ```
///
/// A task that is interrupted while it waits has not come; the others go on waiting for one more.
///
/// **Threading:** confined to its core.
public final class LocalBarrier {
    private final Core core = Core.current();
    private final WaitQueue waiters = new WaitQueue(core, "the others at a LocalBarrier");
    private final int parties;
    private int arrived;
    private boolean closed;

    /// A barrier of the calling core.
    ///
    /// @param parties how many tasks meet
    public LocalBarrier(int parties) {
        if (parties < 1) {
            throw new IllegalArgumentException("parties must be positive: " + parties);
        }
        this.parties = parties;
    }

    /// Suspends the calling task until all have come.
    ///
    /// @return whether the caller was the last
    /// @throws ClosedException when the barrier is closed or is being closed
    /// @throws InterruptedException when the task is interrupted first
    public boolean await() throws InterruptedException {
        assert isHere();
        WaitQueue.checkInterrupt(this);
        if (closed) {
            throw new ClosedException(this);
        }
        if (arrived + 1 == parties) {
            arrived = 0;
            waiters.grantAll();
            return true;
        }
        awaitOthers();
        return false;
    }

    /// Lets nobody meet here any more; those who wait fail.
    public void close() {
        assert isHere();
        closed = true;
        arrived = 0;
        waiters.grantAllClosed();
    }

    /// How many tasks meet.
    public int parties() {
        return parties;
    }

    /// How many have come in this round.
    public int arrived() {
        return arrived;
    }

    @Override
    public String toString() {
        return "LocalBarrier(" + arrived + " of " + parties + ")";
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalBarrier used off its core; use j.u.c.CyclicBarrier";
        return true;
    }

    private void awaitOthers() throws InterruptedException {
        Waiter waiter = waiters.lease();
        arrived++;
        boolean granted = false;
        try {
            waiters.await(waiter);
            granted = true;
            if (waiter.closed) {
                throw new ClosedException(this);
            }
        } finally {
            waiters.release(waiter);
            if (!granted) {
                arrived--;
            }
        }
    }
}
