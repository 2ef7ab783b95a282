package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Doorbell;

/// The tasks of one core that wait for the receiver of a [CrossCoreChannel]: for room, with what
/// they have to send, or for the answer to a [Request].
///
/// **Threading:** [#ring] and [#ringEnd] are safe from any thread, the rest is confined to the
/// core.
final class SenderSide<T> {
    private final Core core;
    private final CrossCoreChannel<T> channel;
    private final Room<T> room;
    private final WaitQueue senders;
    private final WaitQueue askers;
    final Doorbell bell;

    /// Rung once, when the receiving core has ended.
    private final Doorbell end;

    private boolean ended;

    SenderSide(Core core, CrossCoreChannel<T> channel, Room<T> room) {
        this.core = core;
        this.channel = channel;
        this.room = room;
        senders = new WaitQueue(core, "room in a CrossCoreChannel");
        askers = new WaitQueue(core, "the answer to a Request");
        bell =
                new Doorbell(core) {
                    @Override
                    protected void rung() {
                        letIn();
                    }
                };
        end =
                new Doorbell(core) {
                    @Override
                    protected void rung() {
                        ended();
                    }
                };
    }

    Core core() {
        return core;
    }

    boolean isEmpty() {
        return senders.isEmpty();
    }

    /// Says that there is room, or that the channel is closed.
    void ring() {
        bell.ring();
    }

    /// Says that the receiving core has ended.
    void ringEnd() {
        end.ring();
    }

    /// Has the end of the receiving core told; the caller must look whether it has come, after
    /// this.
    void listenToEnd() {
        end.listen();
    }

    /// The receiving core has ended: nobody there will take anything, nor answer.
    void ended() {
        ended = true;
        askers.grantAllClosed();
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

    /// Has an asker told when there will be no answer, until [#delistAsker].
    void enlistAsker(Waiter waiter) {
        askers.add(waiter);
        if (ended) {
            askers.grantAllClosed();
        }
    }

    void delistAsker(Waiter waiter) {
        if (waiter.queue == askers) {
            askers.remove(waiter);
        }
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
