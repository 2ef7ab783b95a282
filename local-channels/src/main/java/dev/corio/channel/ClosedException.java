package dev.corio.channel;

import org.jspecify.annotations.Nullable;

/// What was to be used or waited for is closed. Closed is not cancelled: a task that is cancelled
/// sees an `InterruptedException` instead.
///
/// **Threading:** safe from any thread, as far as the item is.
public final class ClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    private final transient @Nullable Object unsent;

    ClosedException(Object closed) {
        this(closed, null);
    }

    ClosedException(Object closed, @Nullable Object unsent) {
        super(closed + " is closed");
        this.unsent = unsent;
    }

    /// The item that was not sent, for whoever has no other hold of it; null where nothing was to
    /// be sent.
    public @Nullable Object unsent() {
        return unsent;
    }
}
