package dev.corio.channel;

import dev.corio.core.Core;

/// Something that has happened or not, and the tasks of one core that wait for it. It stays set, so
/// who comes later does not wait, until it is reset.
///
/// ```java
/// LocalEvent ready = new LocalEvent();
/// core.spawn("load", () -> { load(); ready.set(); });
/// ready.await();
/// ```
///
/// **Threading:** confined to its core.
public final class LocalEvent {
    private final Core core = Core.current();
    private final WaitQueue waiters = new WaitQueue(core, "a LocalEvent");
    private boolean set;

    /// An event of the calling core that has not happened.
    public LocalEvent() {}

    /// It has happened: all who wait go on.
    public void set() {
        assert isHere();
        set = true;
        waiters.grantAll();
    }

    /// It has not happened: whoever waits from now on waits for the next [#set].
    public void reset() {
        assert isHere();
        set = false;
    }

    /// Whether it has happened.
    public boolean isSet() {
        assert isHere();
        return set;
    }

    /// Suspends the calling task until it has happened.
    ///
    /// @throws InterruptedException when the task is interrupted first
    public void await() throws InterruptedException {
        assert isHere();
        WaitQueue.checkInterrupt(this);
        if (set) {
            return;
        }
        Waiter waiter = waiters.lease();
        try {
            waiters.await(waiter);
        } finally {
            waiters.release(waiter);
        }
    }

    @Override
    public String toString() {
        return set ? "LocalEvent(set)" : "LocalEvent";
    }

    void enlist(Waiter waiter) {
        waiters.add(waiter);
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalEvent used off its core; use Core.execute";
        return true;
    }
}
