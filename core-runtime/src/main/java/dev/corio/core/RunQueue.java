package dev.corio.core;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The tasks that are ready to go on, in the order in which they became ready. Each task is in it
/// at most once, so the number of live tasks is its limit.
///
/// **Threading:** confined to its core.
final class RunQueue {
    private @Nullable Runnable[] items = new Runnable[256];
    private int head;
    private int size;
    private long taken;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /// The place that the next one to come will have, counted from the first ever.
    long nextPlace() {
        return taken + size;
    }

    /// The place of the one that was taken last.
    long takenPlace() {
        return taken - 1;
    }

    void add(Runnable item) {
        if (size == items.length) {
            grow();
        }
        items[head + size & items.length - 1] = item;
        size++;
    }

    @Nullable Runnable poll() {
        if (size == 0) {
            return null;
        }
        Runnable item = items[head];
        items[head] = null;
        head = head + 1 & items.length - 1;
        size--;
        taken++;
        return item;
    }

    private void grow() {
        @Nullable Runnable[] grown = Arrays.copyOf(items, items.length * 2);
        // The wrapped part goes behind the old end; what was at [0, head) leaves nothing there.
        System.arraycopy(items, 0, grown, items.length, head);
        Arrays.fill(grown, 0, head, null);
        items = grown;
    }
}
