package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Suspension;
import org.jspecify.annotations.Nullable;

/// The tasks that wait for one thing, first in, first out. Linked through the places, so that
/// leaving from the middle takes constant time; places are used again, so that waiting allocates
/// nothing. A task is in it at most once per wait, so the number of live tasks is its limit.
///
/// **Threading:** confined to its core.
final class WaitQueue {
    /// How many places are kept for later; a crowd that came once is not worth more memory.
    private static final int SPARE_MAX = 1024;

    private final Core core;
    private final String reason;
    private @Nullable Waiter first;
    private @Nullable Waiter last;
    private @Nullable Waiter spare;
    private int spareCount;

    /// @param reason what its tasks wait for, as thread dumps show it
    WaitQueue(Core core, String reason) {
        this.core = core;
        this.reason = reason;
    }

    /// Every wait begins with this, whether it will have to suspend or not: otherwise a task that
    /// never has to could not be cancelled.
    static void checkInterrupt(Object waited) throws InterruptedException {
        if (Thread.currentThread().isInterrupted() && Thread.interrupted()) {
            throw new InterruptedException("interrupted before waiting for " + waited);
        }
    }

    boolean isEmpty() {
        return first == null;
    }

    @Nullable Waiter first() {
        return first;
    }

    /// A place for the calling task; [#release] takes it back. Where the caller cannot wait this
    /// fails, before anything can be granted to it.
    Waiter lease() {
        ensureTask();
        Waiter waiter = spare;
        if (waiter == null) {
            return new Waiter(new Suspension(core, reason));
        }
        spare = waiter.next;
        spareCount--;
        waiter.next = null;
        return waiter;
    }

    void release(Waiter waiter) {
        assert waiter.queue == null : "released while it still waits: " + reason;
        waiter.clear();
        if (spareCount < SPARE_MAX) {
            waiter.next = spare;
            spare = waiter;
            spareCount++;
        }
    }

    /// Suspends the calling task in the last place until it is granted. When this throws, the place
    /// has left the queue and nothing was granted.
    void await(Waiter waiter) throws InterruptedException {
        add(waiter);
        awaitGrant(waiter);
    }

    /// The same for a place that was added before, and may have been granted since.
    void awaitGrant(Waiter waiter) throws InterruptedException {
        try {
            waiter.suspension().await();
        } finally {
            if (waiter.queue == this) {
                remove(waiter);
            }
        }
    }

    void add(Waiter waiter) {
        assert waiter.queue == null : "waits already: " + reason;
        waiter.queue = this;
        waiter.previous = last;
        if (last == null) {
            first = waiter;
        } else {
            last.next = waiter;
        }
        last = waiter;
    }

    @Nullable Waiter poll() {
        Waiter waiter = first;
        if (waiter != null) {
            remove(waiter);
        }
        return waiter;
    }

    void remove(Waiter waiter) {
        assert waiter.queue == this : "does not wait here: " + reason;
        Waiter previous = waiter.previous;
        Waiter next = waiter.next;
        if (previous == null) {
            first = next;
        } else {
            previous.next = next;
        }
        if (next == null) {
            last = previous;
        } else {
            next.previous = previous;
        }
        waiter.queue = null;
        waiter.next = null;
        waiter.previous = null;
    }

    /// Grants everyone who waits.
    void grantAll() {
        Waiter waiter;
        while ((waiter = poll()) != null) {
            waiter.grant();
        }
    }

    /// Tells everyone who waits that nothing more will come.
    void grantAllClosed() {
        Waiter waiter;
        while ((waiter = poll()) != null) {
            waiter.closed = true;
            waiter.grant();
        }
    }

    /// Takes over who waits elsewhere, in order.
    void addAll(WaitQueue others) {
        Waiter waiter;
        while ((waiter = others.poll()) != null) {
            add(waiter);
        }
    }

    private void ensureTask() {
        if (!core.isCurrent()) {
            throw new IllegalStateException(
                    Thread.currentThread()
                            + " cannot wait for "
                            + reason
                            + ", which belongs to "
                            + core
                            + "; between cores use CrossCoreChannel");
        }
        core.checkTask();
    }
}
