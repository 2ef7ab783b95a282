package dev.corio.channel;

import org.jspecify.annotations.Nullable;

/// The case of an item that comes.
///
/// **Threading:** confined to its core.
final class ReceiveCase<T> extends Case<@Nullable T> {
    private final Source<T> source;
    private final Waiter waiter;
    private @Nullable T item;
    private @Nullable LaggedException lag;

    ReceiveCase(Select select, Source<T> source) {
        super(select);
        this.source = source;
        waiter = select.waiter(this);
    }

    /// @throws LaggedException when the source is a broadcast that was too fast
    @Override
    @SuppressWarnings("unchecked") // handed over by the source
    public @Nullable T value() {
        if (lag != null) {
            throw lag;
        }
        return waiter.item == null ? item : (T) waiter.item;
    }

    @Override
    boolean take() {
        waiter.clear();
        lag = null;
        try {
            item = source.tryReceive();
        } catch (LaggedException e) {
            item = null;
            lag = e;
            return true;
        }
        return item != null || source.isDrained();
    }

    @Override
    boolean begin() {
        source.enlist(waiter);
        return false;
    }

    @Override
    void withdraw() {
        if (waiter.queue != null) {
            waiter.queue.remove(waiter);
        }
    }
}
