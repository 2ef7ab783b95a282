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

    /// Takes the next item; suspends the calling task until there is one.
    ///
    /// @return null when the source is closed and everything before that was received
    /// @throws InterruptedException when the task is interrupted first; no item was taken
    public abstract @Nullable T receive() throws InterruptedException;

    /// Takes the next item if there is one.
    ///
    /// @return null when there is none now, or never will be: see [#isDrained]
    public abstract @Nullable T tryReceive();

    /// Whether nothing will come any more: it is closed, and everything was received.
    public abstract boolean isDrained();

    /// Has the next item handed to a waiter, which may be granted from then on.
    abstract void enlist(Waiter waiter);
}
