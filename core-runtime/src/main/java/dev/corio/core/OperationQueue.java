package dev.corio.core;

import org.jspecify.annotations.Nullable;

/// A first-in-first-out list of operations, linked through the operations themselves, so that
/// adding allocates nothing and removing from the middle takes constant time. An operation is in at
/// most one.
///
/// **Threading:** confined to its core.
final class OperationQueue {
    private @Nullable Operation first;
    private @Nullable Operation last;
    private int size;

    boolean isEmpty() {
        return first == null;
    }

    int size() {
        return size;
    }

    @Nullable Operation peek() {
        return first;
    }

    void add(Operation operation) {
        assert operation.queue == null : operation + " is queued already";
        operation.queue = this;
        operation.previousQueued = last;
        if (last == null) {
            first = operation;
        } else {
            last.nextQueued = operation;
        }
        last = operation;
        size++;
    }

    @Nullable Operation poll() {
        Operation operation = first;
        if (operation != null) {
            remove(operation);
        }
        return operation;
    }

    void remove(Operation operation) {
        assert operation.queue == this : operation + " is not in this queue";
        Operation previous = operation.previousQueued;
        Operation next = operation.nextQueued;
        if (previous == null) {
            first = next;
        } else {
            previous.nextQueued = next;
        }
        if (next == null) {
            last = previous;
        } else {
            next.previousQueued = previous;
        }
        operation.queue = null;
        operation.previousQueued = null;
        operation.nextQueued = null;
        size--;
    }
}
