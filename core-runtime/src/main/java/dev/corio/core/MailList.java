package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A queue from any thread to one that refuses nothing: a list, to which each item is added by one
/// atomic instruction. So no sender can damage it, wherever its stack or the memory ends.
///
/// **Threading:** [#add] and [#size] are safe from any thread, the rest is for one at a time.
final class MailList<T> {
    private static final VarHandle ADDED;

    static {
        try {
            ADDED = MethodHandles.lookup().findVarHandle(MailList.class, "added", Node.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// The newest first.
    private volatile @Nullable Node<T> added;

    /// What the receiver took over, the oldest first.
    private @Nullable Node<T> taken;

    private int takenCount;

    void add(T item) {
        Node<T> node = new Node<>(item);
        do {
            Node<T> next = added;
            node.next = next;
            node.count = next == null ? 1 : next.count + 1;
            // Partner: the getAndSet in takeOver.
        } while (!ADDED.compareAndSet(this, node.next, node));
    }

    /// Hands over the next items, at most so many; what the consumer throws leaves the rest here.
    void drain(Consumer<? super T> consumer, int itemsMax) {
        T item;
        for (int i = 0; i < itemsMax && (item = poll()) != null; i++) {
            consumer.accept(item);
        }
    }

    boolean isEmpty() {
        return taken == null && added == null;
    }

    int size() {
        Node<T> newest = added;
        return takenCount + (newest == null ? 0 : newest.count);
    }

    private @Nullable T poll() {
        if (taken == null) {
            if (added == null) {
                return null;
            }
            takeOver();
        }
        Node<T> first = taken;
        if (first == null) {
            return null;
        }
        taken = first.next;
        takenCount--;
        return first.item;
    }

    /// Turns the list round.
    @SuppressWarnings("unchecked") // only add writes it
    private void takeOver() {
        // Partner: the compareAndSet in add.
        Node<T> each = (Node<T>) ADDED.getAndSet(this, null);
        takenCount = each == null ? 0 : each.count;
        while (each != null) {
            Node<T> next = each.next;
            each.next = taken;
            taken = each;
            each = next;
        }
    }

    private static final class Node<T> {
        private final T item;
        private @Nullable Node<T> next;

        /// Of the nodes from here on, until they are taken over.
        private int count;

        Node(T item) {
            this.item = item;
        }
    }
}
