package dev.corio.core;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Operations for which the kernel could not do yet what was asked: it is asked again after a
/// millisecond.
///
/// **Threading:** confined to its core.
final class RestingQueue {
    private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final OperationQueue operations = new OperationQueue();
    private long dueNanos = Timers.NONE;

    boolean is(OperationQueue queue) {
        return queue == operations;
    }

    /// Later ones go with the first, or a stream of them would put it off for ever.
    void add(Operation operation) {
        if (operations.isEmpty()) {
            dueNanos = System.nanoTime() + REST_NANOS;
        }
        operations.add(operation);
    }

    /// When they have rested; [Timers#NONE] where nobody does.
    long dueNanos() {
        return operations.isEmpty() ? Timers.NONE : dueNanos;
    }

    /// Hands all of them over, if they have rested.
    void wake(Consumer<Operation> next) {
        if (!operations.isEmpty() && System.nanoTime() - dueNanos >= 0) {
            for (Operation each = operations.poll(); each != null; each = operations.poll()) {
                next.accept(each);
            }
        }
    }
}
