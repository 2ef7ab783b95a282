package dev.corio.core;

import dev.corio.uring.RingFeature;
import java.util.concurrent.locks.LockSupport;

/// What a core has once its driver has failed: nothing to the kernel and back, but a place to wait,
/// so that the loop can go on to run tasks and timers until all have unwound.
///
/// **Threading:** confined to its core, but for [#wake].
final class FailedDriver implements Driver {
    private final Driver failed;
    private final Thread thread;

    /// @param failed counts what it did until then, and still closes descriptors
    /// @param thread the one that waits here
    FailedDriver(Driver failed, Thread thread) {
        this.failed = failed;
        this.thread = thread;
    }

    @Override
    public void adopt(int fd) {}

    @Override
    public void release(int fd) {}

    @Override
    public void detach(int fd) {}

    @Override
    public void submit(Operation operation) {
        throw new AssertionError(operation + " reached a driver that has failed");
    }

    /// One that is about to be lost: another one, which was lost first, takes it along.
    @Override
    public void cancel(Operation operation) {}

    @Override
    public void flushAndWait(long deadlineNanos) {
        if (deadlineNanos == Timers.NONE) {
            LockSupport.park(this);
        } else if (deadlineNanos != NOW) {
            LockSupport.parkNanos(this, deadlineNanos - nanoTime());
        }
    }

    @Override
    public int drain() {
        return 0;
    }

    @Override
    public boolean hasCompletions() {
        return false;
    }

    @Override
    public void wake() {
        LockSupport.unpark(thread);
    }

    @Override
    public boolean supports(RingFeature feature) {
        return failed.supports(feature);
    }

    @Override
    public long nanoTime() {
        return failed.nanoTime();
    }

    @Override
    public Sockets sockets() {
        return failed.sockets();
    }

    @Override
    public void provide(int bufferId, long address, int lengthBytes) {}

    @Override
    public int bufferGroup() {
        return failed.bufferGroup();
    }

    @Override
    public int bufferGroupEntries() {
        return failed.bufferGroupEntries();
    }

    @Override
    public long enters() {
        return failed.enters();
    }

    @Override
    public long systemCalls() {
        return failed.systemCalls();
    }

    @Override
    public long submissions() {
        return failed.submissions();
    }

    @Override
    public int pendingSubmissions() {
        return 0;
    }

    /// The failed one was abandoned already.
    @Override
    public void close() {}

    @Override
    public boolean abandon() {
        return false;
    }
}
