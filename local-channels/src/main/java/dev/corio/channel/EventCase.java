package dev.corio.channel;

import org.jspecify.annotations.Nullable;

/// The case of an event that happens.
///
/// **Threading:** confined to its core.
final class EventCase extends Case<@Nullable Void> {
    private final LocalEvent event;
    private final Waiter waiter;

    EventCase(Select select, LocalEvent event) {
        super(select);
        this.event = event;
        waiter = select.waiter(this);
    }

    @Override
    public @Nullable Void value() {
        return null;
    }

    @Override
    boolean take() {
        waiter.clear();
        return event.isSet();
    }

    @Override
    boolean begin() {
        event.enlist(waiter);
        return false;
    }

    @Override
    void withdraw() {
        if (waiter.queue != null) {
            waiter.queue.remove(waiter);
        }
    }
}
