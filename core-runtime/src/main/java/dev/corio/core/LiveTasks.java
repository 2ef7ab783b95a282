package dev.corio.core;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// The tasks of a core that have not ended, linked through themselves.
///
/// **Threading:** confined to its core; [#count] may be read from anywhere.
final class LiveTasks implements Iterable<Task<?>> {
    private @Nullable Task<?> first;
    private int count;

    boolean isEmpty() {
        return first == null;
    }

    int count() {
        return count;
    }

    void add(Task<?> task) {
        task.nextLive = first;
        if (first != null) {
            first.previousLive = task;
        }
        first = task;
        count++;
    }

    void remove(Task<?> task) {
        Task<?> next = task.nextLive;
        Task<?> previous = task.previousLive;
        if (previous == null) {
            first = next;
        } else {
            previous.nextLive = next;
        }
        if (next != null) {
            next.previousLive = previous;
        }
        // Whoever keeps an ended task must not keep its successors too.
        task.nextLive = null;
        task.previousLive = null;
        count--;
    }

    void cancelAll() {
        for (Task<?> task : this) {
            task.cancel();
        }
    }

    @Override
    public Iterator<Task<?>> iterator() {
        return new Iterator<>() {
            private @Nullable Task<?> next = first;

            @Override
            public boolean hasNext() {
                return next != null;
            }

            @Override
            public Task<?> next() {
                Task<?> task = next;
                if (task == null) {
                    throw new NoSuchElementException();
                }
                next = task.nextLive;
                return task;
            }
        };
    }
}
