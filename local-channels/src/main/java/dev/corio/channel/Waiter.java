package dev.corio.channel;

import dev.corio.core.Suspension;
import org.jspecify.annotations.Nullable;

/// One task's place in one [WaitQueue], and what it gives or gets there.
///
/// Whoever grants it takes it off the queue first and fills it in; from then on the task goes on in
/// a coming turn, whatever else happens to it.
///
/// **Threading:** confined to its core.
final class Waiter {
    private final Suspension suspension;
    private final @Nullable Case<?> selectCase;

    /// The item to hand over, or the one that was handed over.
    @Nullable Object item;

    /// Who waits, where that matters to the one that grants.
    @Nullable Object owner;

    /// How much is asked for.
    int amount;

    /// Whether it was granted because what it waited for was closed.
    boolean closed;

    @Nullable WaitQueue queue;
    @Nullable Waiter next;
    @Nullable Waiter previous;

    /// The place of a task that waits for one thing.
    Waiter(Suspension suspension) {
        this(suspension, null);
    }

    /// One of the places of a task that waits for several things.
    Waiter(Suspension suspension, @Nullable Case<?> selectCase) {
        this.suspension = suspension;
        this.selectCase = selectCase;
    }

    void grant() {
        assert queue == null : "granted while it still waits: " + suspension;
        if (selectCase != null) {
            selectCase.select.won(selectCase);
        }
        suspension.resume();
    }

    Suspension suspension() {
        return suspension;
    }

    void clear() {
        item = null;
        owner = null;
        closed = false;
    }
}
