package dev.corio.channel;

import org.jspecify.annotations.Nullable;

/// One of the things that a [Select] waits for. It belongs to its select, stays there from one
/// `await` to the next, and holds the outcome when it was the first.
///
/// **Threading:** confined to its core.
///
/// @param <T> what [#value] answers
public abstract sealed class Case<T extends @Nullable Object>
        permits ReceiveCase, SendCase, OperationCase, TimerCase, EventCase {
    final Select select;

    Case(Select select) {
        this.select = select;
    }

    /// What came of it, when [Select#await] answered this case: the item that was received, null
    /// when its source is closed and drained; the item that was sent. Of a timer or an event
    /// nothing comes.
    public abstract T value();

    /// Takes its outcome if it is there without a wait.
    abstract boolean take();

    /// Begins to wait. True when that brought the outcome at once: it could not even begin.
    abstract boolean begin();

    /// Ends waiting, as far as that is possible at once.
    abstract void withdraw();
}
