package dev.corio.channel;

import java.util.function.Consumer;
import java.util.function.Predicate;

/// The case of an item that finds room.
///
/// **Threading:** confined to its core.
///
/// @param <T> the items
public final class SendCase<T> extends Case<T> {
    private final Object channel;
    private final Predicate<T> trySend;
    private final Consumer<Waiter> enlist;
    private final Waiter waiter;
    private T item;
    private boolean closed;

    /// @param trySend as the channel has it
    /// @param enlist has the item of a waiter taken in as soon as there is room
    SendCase(Select select, Object channel, T item, Predicate<T> trySend, Consumer<Waiter> enlist) {
        super(select);
        this.channel = channel;
        this.trySend = trySend;
        this.enlist = enlist;
        this.item = item;
        waiter = select.waiter(this);
    }

    /// The item that the next [Select#await] offers; once it was sent, the same is offered again
    /// unless there is another.
    public void item(T item) {
        assert waiter.queue == null : "the item is being offered; change it between two awaits";
        this.item = item;
    }

    /// The item that was sent.
    ///
    /// @throws ClosedException with the item, when the channel is closed instead
    @Override
    public T value() {
        if (closed || waiter.closed) {
            throw new ClosedException(channel, item);
        }
        return item;
    }

    @Override
    boolean take() {
        waiter.clear();
        closed = false;
        try {
            return trySend.test(item);
        } catch (ClosedException e) {
            closed = true;
            return true;
        }
    }

    @Override
    boolean begin() {
        waiter.item = item;
        enlist.accept(waiter);
        return false;
    }

    @Override
    void withdraw() {
        if (waiter.queue != null) {
            waiter.queue.remove(waiter);
        }
    }
}
