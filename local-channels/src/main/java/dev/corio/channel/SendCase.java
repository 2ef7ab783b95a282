package dev.corio.channel;

/// The case of an item that finds room.
///
/// **Threading:** confined to its core.
///
/// @param <T> the items
public final class SendCase<T> extends Case<T> {
    private final LocalChannel<T> channel;
    private final Waiter waiter;
    private T item;
    private boolean closed;

    SendCase(Select select, LocalChannel<T> channel, T item) {
        super(select);
        this.channel = channel;
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
        closed = channel.isClosed();
        return closed || channel.trySend(item);
    }

    @Override
    boolean begin() {
        waiter.item = item;
        channel.enlistSender(waiter);
        return false;
    }

    @Override
    void withdraw() {
        if (waiter.queue != null) {
            waiter.queue.remove(waiter);
        }
    }
}
