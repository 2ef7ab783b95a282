package dev.corio.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// From one thread to one other, without an atomic read-modify-write, and with as little as
/// possible going back and forth between their caches.
///
/// ```
///           head             tail            each on cache lines of its own,
///            ▼                ▼              with what only its writer reads
///  slots  ───┬──┬──┬──┬──┬──┬─┬──────
///            │ 7│ 8│ 9│10│11│12│ null        modulo the capacity
///         ───┴──┴──┴──┴──┴──┴──┴─────
/// ```
///
/// Each side remembers what it last saw of the other's index, and looks again only when that is
/// used up; batches move an index once. So while the two are apart, the sender's lines and the
/// receiver's meet once a batch. JCTools' queue moves its indexes with each item, which costs a
/// third of the speed here. A single item is looked for in its slot, not by the index: one line to
/// fetch and not two.
///
/// **Threading:** [#offer] and [#offerMany] are for one thread at a time, [#poll] and [#drain] for
/// one too.
final class SpscQueue<T> implements ItemQueue<T> {
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle INDEX = MethodHandles.arrayElementVarHandle(long[].class);

    /// Longs in two cache lines: the CPU prefetches them in pairs.
    private static final int LINES = 16;

    /// Behind the last item; the sender's to write.
    private static final int TAIL = LINES;

    /// Where the next item goes; the sender's own. It moves with each item, without a call that a
    /// stack could be too small for, and so is right whatever happens between two items.
    private static final int FREE = 2 * LINES;

    /// What the sender last saw of the head.
    private static final int SEEN_HEAD = FREE + 1;

    /// Before it all slots can be used again; the receiver's to write.
    private static final int HEAD = 3 * LINES;

    /// The next to be taken; the receiver's own, ahead of [#HEAD] while it drains.
    private static final int NEXT = 4 * LINES;

    /// What the receiver last saw of the tail.
    private static final int SEEN_TAIL = NEXT + 1;

    private final @Nullable Object[] slots;
    private final int mask;
    private final long[] indexes = new long[NEXT + 2 * LINES];

    /// @param capacity rounded up to a power of two
    SpscQueue(int capacity) {
        slots = new @Nullable Object[Integer.highestOneBit(2 * capacity - 1)];
        mask = slots.length - 1;
    }

    @Override
    public boolean offer(T item) {
        if (room(1) < 1) {
            return false;
        }
        put(item);
        INDEX.setRelease(indexes, TAIL, indexes[FREE]);
        return true;
    }

    @Override
    public int offerMany(T[] items, int from, int to) {
        int end = from + Math.min(room(to - from), to - from);
        for (int i = from; i < end; i++) {
            put(items[i]);
        }
        INDEX.setRelease(indexes, TAIL, indexes[FREE]);
        return end - from;
    }

    private void put(T item) {
        long free = indexes[FREE];
        // Partner: the acquire in poll, which does not look at the tail.
        SLOT.setRelease(slots, (int) free & mask, item);
        indexes[FREE] = free + 1;
    }

    private int room(int wanted) {
        long full = indexes[SEEN_HEAD] + slots.length;
        if (full - indexes[FREE] < wanted) {
            // Partner: the releases of the head, after the slots were emptied.
            indexes[SEEN_HEAD] = (long) INDEX.getAcquire(indexes, HEAD);
            full = indexes[SEEN_HEAD] + slots.length;
        }
        return (int) (full - indexes[FREE]);
    }

    @Override
    @SuppressWarnings("unchecked") // only offers put items in
    public @Nullable T poll() {
        long next = indexes[NEXT];
        int slot = (int) next & mask;
        T item = (T) SLOT.getAcquire(slots, slot);
        if (item != null) {
            slots[slot] = null;
            indexes[NEXT] = next + 1;
            INDEX.setRelease(indexes, HEAD, next + 1);
        }
        return item;
    }

    @Override
    public @Nullable T pollBegun() {
        // The only sender hides nobody's item.
        return poll();
    }

    @Override
    @SuppressWarnings("unchecked") // only offers put items in
    public int drain(Consumer<? super T> consumer, int itemsMax) {
        if (indexes[SEEN_TAIL] <= indexes[NEXT]) {
            // Partner: the release of the tail, after the slots were filled.
            indexes[SEEN_TAIL] = (long) INDEX.getAcquire(indexes, TAIL);
        }
        int count = 0;
        try {
            // The consumer may take items too.
            for (long next; count < itemsMax && (next = indexes[NEXT]) < indexes[SEEN_TAIL]; ) {
                int slot = (int) next & mask;
                T item = (T) slots[slot];
                slots[slot] = null;
                indexes[NEXT] = next + 1;
                count++;
                consumer.accept(item);
            }
        } finally {
            INDEX.setRelease(indexes, HEAD, indexes[NEXT]);
        }
        return count;
    }

    @Override
    public int size() {
        long head = (long) INDEX.getAcquire(indexes, HEAD);
        long size = (long) INDEX.getAcquire(indexes, TAIL) - head;
        return (int) Math.min(Math.max(0, size), slots.length);
    }

    @Override
    public int capacity() {
        return slots.length;
    }
}
