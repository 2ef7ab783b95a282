package dev.corio.channel;

import dev.corio.core.Core;
import org.jspecify.annotations.Nullable;

/// One item, sent once and received once between two tasks of one core: the answer to a question.
///
/// ```java
/// LocalOneshot<String> answer = new LocalOneshot<>();
/// core.spawn("ask", () -> answer.send(ask("how many?")));
/// String text = answer.receive(); // null when the other side closed it instead
/// ```
///
/// **Threading:** confined to its core.
///
/// @param <T> the item
public final class LocalOneshot<T> extends Source<T> {
    private final Core core = Core.current();
    private final WaitQueue receivers = new WaitQueue(core, "the item of a LocalOneshot");
    private final WaitQueue watchers = new WaitQueue(core, "the end of a LocalOneshot");
    private @Nullable T item;
    private boolean sent;
    private boolean closed;

    /// A oneshot of the calling core.
    public LocalOneshot() {}

    /// Sends the item; never waits.
    ///
    /// @throws ClosedException with the item, when it was closed, so that nobody receives it
    /// @throws IllegalStateException when one was sent before, received or not
    public void send(T item) {
        assert isHere();
        requireItem(item);
        if (sent) {
            throw new IllegalStateException("a LocalOneshot takes one item, and has had it");
        }
        if (closed) {
            throw new ClosedException(this, item);
        }
        sent = true;
        Waiter receiver = receivers.poll();
        if (receiver == null) {
            this.item = item;
        } else {
            receiver.item = item;
            receiver.grant();
            end();
        }
    }

    @Override
    public @Nullable T tryReceive() {
        assert isHere();
        T ready = item;
        if (ready != null) {
            item = null;
            end();
        }
        return ready;
    }

    /// Ends it from either side: an item that was sent is still received, a later one is refused.
    public void close() {
        assert isHere();
        end();
    }

    /// Suspends the calling task until the item was received, or it was closed: how a sender learns
    /// that its answer is no longer wanted.
    ///
    /// @throws InterruptedException when the task is interrupted first
    public void awaitClosed() throws InterruptedException {
        assert isHere();
        WaitQueue.checkInterrupt(this);
        if (closed) {
            return;
        }
        Waiter waiter = watchers.lease();
        try {
            watchers.await(waiter);
        } finally {
            watchers.release(waiter);
        }
    }

    /// Whether an item can no longer be sent.
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean isDrained() {
        return closed && item == null;
    }

    @Override
    public String toString() {
        return "LocalOneshot";
    }

    @Override
    WaitQueue receivers() {
        return receivers;
    }

    @Override
    void enlist(Waiter waiter) {
        receivers.add(waiter);
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalOneshot used off its core; use a Request between cores";
        return true;
    }

    private void end() {
        if (!closed) {
            closed = true;
            receivers.grantAllClosed();
            watchers.grantAll();
        }
    }
}
