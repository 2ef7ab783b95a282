package dev.corio.channel;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Items in the order in which they came. Begins small and grows up to what its owner lets in, so a
/// high limit costs nothing until it is used.
///
/// **Threading:** confined to its core.
final class Ring<T> {
    private static final int SIZE_AT_START = 16;

    private @Nullable Object[] items = new @Nullable Object[SIZE_AT_START];
    private int head;
    private int size;

    int size() {
        return size;
    }

    void add(T item) {
        if (size == items.length) {
            grow();
        }
        items[head + size & items.length - 1] = item;
        size++;
    }

    @SuppressWarnings("unchecked") // only add puts items in
    @Nullable T poll() {
        if (size == 0) {
            return null;
        }
        T item = (T) items[head];
        items[head] = null;
        head = head + 1 & items.length - 1;
        size--;
        return item;
    }

    private void grow() {
        @Nullable Object[] grown = Arrays.copyOf(items, items.length * 2);
        // The wrapped part goes behind the old end; what was at [0, head) leaves nothing there.
        System.arraycopy(items, 0, grown, items.length, head);
        Arrays.fill(grown, 0, head, null);
        items = grown;
    }
}
