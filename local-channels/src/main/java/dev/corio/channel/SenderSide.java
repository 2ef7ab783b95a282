package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Doorbell;

/// The tasks of one core that wait for room in a [CrossCoreChannel], with what they have to send.
///
/// **Threading:** [#ring] is safe from any thread, the rest is confined to the core.
final class RoomQueue<T> {
    private final Core core;
    private final CrossCoreChannel<T> channel;
    private final Room<T> room;
    private final WaitQueue senders;
    private final Doorbell bell;

    RoomQueue(Core core, CrossCoreChannel<T> channel, Room<T> room) {
        this.core = core;
        this.channel = channel;
        this.room = room;
        senders = new WaitQueue(core, "room in a CrossCoreChannel");
        bell =
                new Doorbell(core) {
                    @Override
                    protected void rung() {
                        letIn();
                    }
                };
    }

    boolean isHere() {
        return core.isCurrent();
    }

    boolean isEmpty() {
        return senders.isEmpty();
    }

    /// Says that there is room, or that the channel is closed.
    void ring() {
        bell.ring();
    }

    /// Suspends the calling task until its item is in.
    void await(T item) throws InterruptedException {
        Waiter waiter = senders.lease();
        try {
            waiter.item = item;
            enlist(waiter);
            senders.awaitGrant(waiter);
            if (waiter.closed) {
                throw new ClosedException(channel, item);
            }
        } finally {
            senders.release(waiter);
        }
    }

    void enlist(Waiter waiter) {
        senders.add(waiter);
        letIn();
    }

    /// Puts in what finds room, in order; when some does not, has the next room announced.
    private void letIn() {
        boolean listening = false;
        Waiter waiter;
        while ((waiter = senders.first()) != null) {
            if (isOver(waiter)) {
                senders.remove(waiter);
                waiter.grant();
            } else if (listening) {
                return;
            } else {
                // In this order: see Room.
                bell.listen();
                room.want();
                listening = true;
            }
        }
    }

    /// Whether its item is in, or never will be.
    @SuppressWarnings("unchecked") // enlisted by the channel, with its items
    private boolean isOver(Waiter waiter) {
        try {
            T item = (T) waiter.item;
            assert item != null : "enlisted without an item";
            return channel.offer(item);
        } catch (ClosedException e) {
            waiter.closed = true;
            return true;
        }
    }
}
