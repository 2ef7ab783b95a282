package dev.corio.core;

import dev.corio.linux.Errno;
import java.util.function.Consumer;

/// Receives whose bytes are there, and for which the group has no buffer. They wait while buffers
/// come back: what others receive now, their tasks release in a turn or two. When none has come
/// back for [#TURNS_MAX] turns, somebody keeps them, and all who wait are told, also those who have
/// only begun to.
///
/// **Threading:** confined to its core.
final class StarvedQueue {
    /// One in which the others' bytes come, one in which their tasks send them on, one in which
    /// that is done, and as many for good measure.
    static final int TURNS_MAX = 6;

    private final OperationQueue operations = new OperationQueue();
    private int turns;

    boolean isEmpty() {
        return operations.isEmpty();
    }

    boolean is(OperationQueue queue) {
        return queue == operations;
    }

    void add(Operation operation) {
        if (operations.isEmpty()) {
            turns = 0;
        }
        operations.add(operation);
    }

    /// Hands over those for whom there is a buffer now.
    void feed(BufferPicks group, Consumer<Operation> next) {
        Operation first = operations.peek();
        while (first != null && group.pick(first)) {
            turns = 0;
            operations.remove(first);
            next.accept(first);
            first = operations.peek();
        }
    }

    /// A turn is over. Ends all with `ENOBUFS` when it was one too many.
    ///
    /// @return how many those are
    int passTurn(Driver.Completions completions) {
        if (operations.isEmpty() || ++turns < TURNS_MAX) {
            return 0;
        }
        int count = operations.size();
        for (Operation each = operations.poll(); each != null; each = operations.poll()) {
            completions.complete(each.userData, -Errno.ENOBUFS, 0);
        }
        return count;
    }
}
