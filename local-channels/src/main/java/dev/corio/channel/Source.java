package dev.corio.channel;

import org.jspecify.annotations.Nullable;

/// Where items come from, one at a time: the receiving side of every channel, and what a [Select]
/// can wait for.
///
/// **Threading:** confined to its core.
///
/// @param <T> the items
public abstract sealed class Source<T>
        permits LocalChannel,
                LocalOneshot,
                LocalBroadcast.Receiver,
                LocalWatch.Receiver,
                CrossCoreChannel {
    Source() {}

    /// A null would be taken for the end, or for nothing there.
    static void requireItem(@Nullable Object item) {
        if (item == null) {
            throw new NullPointerException("null is never an item; close what has ended");
        }
    }

    static void requirePositive(int itemsMax) {
        if (itemsMax < 1) {
            throw new IllegalArgumentException("itemsMax must be positive: " + itemsMax);
        }
    }

    /// Takes the next item; suspends the calling task until there is one.
    ///
    /// @return null when the source is closed and everything before that was received
    /// @throws InterruptedException when the task is interrupted first; no item was taken
    public @Nullable T receive() throws InterruptedException {
        WaitQueue.checkInterrupt(this);
        T item = tryReceive();
        return item != null || isDrained() ? item : awaitItem();
    }

    /// Takes the next item if there is one.
    ///
    /// @return null when there is none now, or never will be: see [#isDrained]
    public abstract @Nullable T tryReceive();

    /// Whether nothing will come any more: it is closed, and everything was received.
    public abstract boolean isDrained();

    /// Where those wait who want the next item.
    abstract WaitQueue receivers();

    /// Has the next item handed to a waiter, which may be granted from then on.
    abstract void enlist(Waiter waiter);

    @SuppressWarnings("unchecked") // handed over by the source
    private @Nullable T awaitItem() throws InterruptedException {
        WaitQueue queue = receivers();
        Waiter waiter = queue.lease();
        try {
            enlist(waiter);
            queue.awaitGrant(waiter);
            return (T) waiter.item;
        } finally {
            queue.release(waiter);
        }
    }
}
