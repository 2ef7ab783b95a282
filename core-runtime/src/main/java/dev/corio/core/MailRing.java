package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A bounded queue from any thread to one, which no sender can damage, however little stack it has
/// left.
///
/// A sender claims a slot and then fills it. One that overflowed its stack in between would leave a
/// gap that the receiver could never pass. So nothing is called there: a method call may need more
/// stack than there is, the store into an array does not. Other queues call a `VarHandle` to fill
/// the slot, and lock every sender out where they grow.
///
/// **Threading:** [#offer] and the sizes are safe from any thread, the rest is for one at a time.
final class MailRing<T> {
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle INDEX = MethodHandles.arrayElementVarHandle(long[].class);

    /// Longs in two cache lines: the CPU prefetches them in pairs.
    private static final int LINES = 16;

    /// The next slot to be claimed.
    private static final int TAIL = LINES;

    /// What a sender last saw of the head, for all of them.
    private static final int SEEN_HEAD = 2 * LINES;

    /// The next slot to be taken; the receiver's to write.
    private static final int HEAD = 3 * LINES;

    private final @Nullable Object[] slots;
    private final long[] indexes = new long[HEAD + LINES];

    /// @param capacity rounded up to a power of two
    MailRing(int capacity) {
        slots = new @Nullable Object[Integer.highestOneBit(2 * capacity - 1)];
    }

    /// False when there is no room.
    boolean offer(T item) {
        @Nullable Object[] all = slots;
        long tail;
        // Partner: the acquire in poll. It orders what the item is made of before the plain store
        // below.
        VarHandle.releaseFence();
        do {
            tail = (long) INDEX.getVolatile(indexes, TAIL);
            if (tail - (long) INDEX.getAcquire(indexes, SEEN_HEAD) >= all.length) {
                // Partner: the release in poll, after the slot was emptied; handed on by SEEN_HEAD.
                long head = (long) INDEX.getAcquire(indexes, HEAD);
                if (tail - head >= all.length) {
                    return false;
                }
                INDEX.setRelease(indexes, SEEN_HEAD, head);
            }
        } while (!INDEX.compareAndSet(indexes, TAIL, tail, tail + 1));
        // No call between the claim and this.
        all[(int) tail & all.length - 1] = item;
        return true;
    }

    /// The next item; null when there is none, or its sender has not filled the slot yet.
    @SuppressWarnings("unchecked") // only offer puts items in
    @Nullable T poll() {
        long head = indexes[HEAD];
        int slot = (int) head & slots.length - 1;
        T item = (T) SLOT.getAcquire(slots, slot);
        if (item != null) {
            slots[slot] = null;
            INDEX.setRelease(indexes, HEAD, head + 1);
        }
        return item;
    }

    /// Hands over the next items, at most so many; what the consumer throws leaves the rest here.
    void drain(Consumer<? super T> consumer, int itemsMax) {
        T item;
        for (int i = 0; i < itemsMax && (item = poll()) != null; i++) {
            consumer.accept(item);
        }
    }

    /// False from the moment at which a slot is claimed.
    boolean isEmpty() {
        return size() == 0;
    }

    int size() {
        // In this order: the head may run after the tail that was seen, never the other way round.
        long head = (long) INDEX.getAcquire(indexes, HEAD);
        long size = (long) INDEX.getAcquire(indexes, TAIL) - head;
        return (int) Math.min(size, slots.length);
    }
}
