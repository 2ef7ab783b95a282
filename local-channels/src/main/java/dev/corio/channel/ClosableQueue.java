package dev.corio.channel;

import dev.corio.core.Doorbell;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A queue between threads that can be closed while items are put in: each of them is received, or
/// refused, and never both.
///
/// The receiver closes the queue for good by looking through it once more after it has said so. A
/// sender puts its item in and then looks whether that was said. With a full fence on both sides at
/// least one of them sees the other (Dekker); where both do, the sender waits for the receiver's
/// look to end and searches what it has left.
///
/// **Threading:** [#poll] and [#drain] are for the receiver, [#offer] and [#offerMany] for those
/// whom the queue inside lets put in; the rest is safe from any thread.
final class ClosableQueue<T> {
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(ClosableQueue.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int OPEN = 0;

    /// Nothing more is to be sent.
    private static final int CLOSED = 1;

    /// The receiver takes out what it finds, for the last time.
    private static final int SEALED = 2;

    /// The receiver looks no more: what is in the queue belongs to those who sent it.
    private static final int DONE = 3;

    private final ItemQueue<T> queue;
    private final Doorbell arrival;

    @SuppressWarnings("unused") // through STATE
    private volatile int state = OPEN;

    /// What was left in the queue, until those who put it in ask; guarded by itself.
    private final List<T> refused = new ArrayList<>();

    /// What the last look has found; the receiver's own.
    private final ArrayDeque<T> lastItems = new ArrayDeque<>();

    /// How many that are; written by the receiver, for those who ask from elsewhere.
    private volatile int lastCount;

    /// @param arrival tells the receiver that there is something
    ClosableQueue(ItemQueue<T> queue, Doorbell arrival) {
        this.queue = queue;
        this.arrival = arrival;
    }

    /// Puts an item in. False when there is no room, or the queue is closed and the item was not
    /// received.
    boolean offer(T item) {
        if (!queue.offer(item)) {
            return false;
        }
        arrival.ring();
        // After the fence in ring: its partner is the one in seal.
        return (int) STATE.getOpaque(this) < SEALED || !isRefused(item);
    }

    /// Puts in what there is room for, up to a null, and rings once.
    ///
    /// @return how many, from the first on; those behind are not in
    int offerMany(T[] items, int from, int to) {
        int last = from;
        while (last < to && items[last] != null) {
            last++;
        }
        int end = from + queue.offerMany(items, from, last);
        if (end > from) {
            arrival.ring();
            // After the fence in ring: its partner is the one in seal.
            if ((int) STATE.getOpaque(this) >= SEALED) {
                while (end > from && isRefused(items[end - 1])) {
                    end--;
                }
            }
        }
        return end - from;
    }

    /// The next item; null when there is none now.
    @Nullable T poll() {
        int seen = (int) STATE.getOpaque(this);
        T item = seen == DONE ? null : queue.poll();
        if (item != null || seen == OPEN) {
            return item;
        }
        seal();
        T last = lastItems.poll();
        lastCount = lastItems.size();
        return last;
    }

    /// Hands over the next items, at most so many, as long as they keep coming.
    ///
    /// A receiver that has caught up with a sender would otherwise take a few at a time, and each
    /// time pay for the fence by which it learns who waits for room.
    ///
    /// @return how many; what the consumer throws leaves the rest here
    int drain(Consumer<? super T> consumer, int itemsMax) {
        int count = 0;
        boolean more = (int) STATE.getOpaque(this) != DONE;
        while (more && count < itemsMax) {
            int taken = queue.drain(consumer, itemsMax - count);
            count += taken;
            more = taken > 0;
            // Behind a sender at its heels both would wait for the lines between them all the time.
            Thread.onSpinWait();
        }
        T item;
        while (count < itemsMax && isClosed() && (item = poll()) != null) {
            count++;
            consumer.accept(item);
        }
        return count;
    }

    /// Takes no more items. False when it was closed before.
    boolean close() {
        return STATE.compareAndSet(this, OPEN, CLOSED);
    }

    boolean isClosed() {
        return (int) STATE.getOpaque(this) != OPEN;
    }

    /// Whether it is closed and everything was received.
    boolean isDrained() {
        return (int) STATE.getAcquire(this) == DONE && lastCount == 0;
    }

    int size() {
        return (int) STATE.getAcquire(this) == DONE ? lastCount : queue.size();
    }

    int capacity() {
        return queue.capacity();
    }

    /// It is closed and seems empty. A sender that put in an item and then sees this has it looked
    /// for in what remains; one that does not see it is seen here.
    private void seal() {
        if (STATE.compareAndSet(this, CLOSED, SEALED)) {
            // Partner: the fence in Doorbell.ring, between putting an item in and the look at
            // state.
            VarHandle.fullFence();
            T item;
            // An item whose sender saw nothing of this may be behind one that is not quite in yet.
            while ((item = queue.pollBegun()) != null) {
                lastItems.add(item);
            }
            lastCount = lastItems.size();
            // Partner: the looks in isRefused, as from there on senders take items out, in size and
            // in isDrained.
            STATE.setRelease(this, DONE);
        }
    }

    /// Whether an item that was put in while the receiver looked for the last time is not received.
    private boolean isRefused(T item) {
        while ((int) STATE.getAcquire(this) != DONE) {
            // The receiver is about to have looked; it does nothing else meanwhile.
            Thread.onSpinWait();
        }
        synchronized (refused) {
            T left;
            // Ours is in, perhaps behind one that is not quite.
            while ((left = queue.pollBegun()) != null) {
                refused.add(left);
            }
            for (int i = refused.size() - 1; i >= 0; i--) {
                if (refused.get(i) == item) {
                    refused.remove(i);
                    return true;
                }
            }
            return false;
        }
    }
}
