package dev.corio.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Those who wait for memory of a [BufferPool]: for each size in the order of their arrival.
///
/// **Threading:** confined to its core.
final class LeaseQueue {
    private final List<ArrayDeque<Leaser>> bySize = new ArrayList<>();
    private long arrivals;
    private int count;

    /// Who waits, for what, and how to tell.
    static final class Leaser {
        final IoBuffer buffer;
        final int size;
        private final Runnable granted;
        private final long arrival;
        private boolean left;
        int passedOver;

        private Leaser(IoBuffer buffer, int size, Runnable granted, long arrival) {
            this.buffer = buffer;
            this.size = size;
            this.granted = granted;
            this.arrival = arrival;
        }

        void granted() {
            granted.run();
        }
    }

    LeaseQueue() {
        for (int i = 0; i < BufferStore.CLASSES; i++) {
            bySize.add(new ArrayDeque<>());
        }
    }

    int count() {
        return count;
    }

    boolean isEmpty(int size) {
        return count == 0 || head(bySize.get(size)) == null;
    }

    Leaser add(IoBuffer buffer, int size, Runnable granted) {
        Leaser leaser = new Leaser(buffer, size, granted, arrivals++);
        bySize.get(size).add(leaser);
        count++;
        return leaser;
    }

    /// In constant time: it is taken out of its queue when its turn comes.
    void remove(Leaser leaser) {
        leaser.left = true;
        count--;
    }

    /// The one that has waited longest, or null.
    @Nullable Leaser first() {
        return firstAfter(null);
    }

    /// The one that has waited longest for its size, of those who came after `other`; or null.
    @Nullable Leaser firstAfter(@Nullable Leaser other) {
        long after = other == null ? -1 : other.arrival;
        Leaser first = null;
        for (ArrayDeque<Leaser> waiting : bySize) {
            Leaser head = head(waiting);
            if (head != null
                    && head.arrival > after
                    && (first == null || head.arrival < first.arrival)) {
                first = head;
            }
        }
        return first;
    }

    private static @Nullable Leaser head(ArrayDeque<Leaser> waiting) {
        Leaser head = waiting.peek();
        while (head != null && head.left) {
            waiting.remove();
            head = waiting.peek();
        }
        return head;
    }
}
