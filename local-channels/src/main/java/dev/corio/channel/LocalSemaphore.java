package dev.corio.channel;

import dev.corio.core.Core;

/// A number of permits that the tasks of one core share: at most so many uploads at a time.
///
/// ```java
/// LocalSemaphore uploads = new LocalSemaphore(4);
/// uploads.acquire();
/// try {
///     upload(); // at most four at a time
/// } finally {
///     uploads.release();
/// }
/// ```
///
/// Permits are given in the order of asking. Who asks for many holds up those behind until there
/// are enough, so nobody starves, and trying does not overtake either. Who asks for more than
/// [#permits] holds them up until there are more, by [#add].
///
/// **Threading:** confined to its core.
public final class LocalSemaphore {
    private final Core core = Core.current();
    private final WaitQueue waiters = new WaitQueue(core, "permits of a LocalSemaphore");
    private int permits;
    private int available;
    private boolean closed;

    /// A semaphore of the calling core.
    ///
    /// @param permits how many there are, 0 or more
    public LocalSemaphore(int permits) {
        if (permits < 0) {
            throw new IllegalArgumentException("permits must not be negative: " + permits);
        }
        this.permits = permits;
        available = permits;
    }

    /// Takes one permit; see [#acquire(int)].
    public void acquire() throws InterruptedException {
        acquire(1);
    }

    /// Takes permits, all of them at once; suspends the calling task until there are enough.
    ///
    /// @throws ClosedException when the semaphore is closed or is being closed
    /// @throws InterruptedException when the task is interrupted first; it holds none of them
    public void acquire(int count) throws InterruptedException {
        assert isHere();
        requirePositive(count);
        WaitQueue.checkInterrupt(this);
        if (!tryAcquire(count)) {
            await(count);
        }
    }

    /// Takes one permit if there is one, and nobody waits.
    ///
    /// @throws ClosedException when the semaphore is closed
    public boolean tryAcquire() {
        return tryAcquire(1);
    }

    /// Takes permits if there are enough, and nobody waits.
    ///
    /// @throws ClosedException when the semaphore is closed
    public boolean tryAcquire(int count) {
        assert isHere();
        requirePositive(count);
        if (closed) {
            throw new ClosedException(this);
        }
        if (available < count || !waiters.isEmpty()) {
            return false;
        }
        available -= count;
        return true;
    }

    /// Gives one permit back.
    public void release() {
        release(1);
    }

    /// Gives permits back. Whoever runs on this core may do so, not only who acquired them; closed
    /// or not.
    ///
    /// @throws IllegalStateException when so many are not out
    public void release(int count) {
        assert isHere();
        requirePositive(count);
        if (count > permits - available) {
            throw new IllegalStateException(
                    "released " + count + " permits more than acquired: " + this);
        }
        available += count;
        serve();
    }

    /// Makes more permits.
    public void add(int count) {
        assert isHere();
        requirePositive(count);
        permits = Math.addExact(permits, count);
        available += count;
        serve();
    }

    /// Gives no more permits; those that wait for some fail.
    public void close() {
        assert isHere();
        closed = true;
        waiters.grantAllClosed();
    }

    /// Whether it gives no more permits.
    public boolean isClosed() {
        return closed;
    }

    /// How many permits are not taken.
    public int available() {
        return available;
    }

    /// How many permits there are, taken ones counted.
    public int permits() {
        return permits;
    }

    @Override
    public String toString() {
        return "LocalSemaphore(" + available + " of " + permits + ")";
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalSemaphore used off its core; use j.u.c.Semaphore";
        return true;
    }

    private static void requirePositive(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("permits must be positive: " + count);
        }
    }

    private void await(int count) throws InterruptedException {
        Waiter waiter = waiters.lease();
        waiter.amount = count;
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
                // It may have held up others for whom there is enough.
                serve();
            }
        }
    }

    private void serve() {
        Waiter waiter;
        while ((waiter = waiters.first()) != null && waiter.amount <= available) {
            available -= waiter.amount;
            waiters.remove(waiter);
            waiter.grant();
        }
    }
}
