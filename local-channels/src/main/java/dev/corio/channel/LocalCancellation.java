package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Operation;
import dev.corio.core.Task;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/// A token by which work on one core is called off together: cancelling it cancels its children,
/// interrupts or cancels what is attached, and wakes who waits for it.
///
/// ```java
/// LocalCancellation server = new LocalCancellation();
/// try (LocalCancellation connection = server.child();
///         var _ = connection.attach(core.spawn("read", () -> read()))) {
///     connection.await(); // cancelled alone, or with the server
/// }
/// ```
///
/// What ends before it is cancelled is detached by closing it, so that the parent does not keep it.
///
/// **Threading:** confined to its core.
public final class LocalCancellation implements AutoCloseable {
    private final Core core = Core.current();
    private final LocalEvent event = new LocalEvent();
    private final @Nullable Attachment inParent;
    private @Nullable Attachment first;
    private @Nullable Attachment last;

    /// A token of the calling core without a parent.
    public LocalCancellation() {
        inParent = null;
    }

    private LocalCancellation(LocalCancellation parent) {
        inParent = parent.attach(this::cancel);
    }

    /// A token that is cancelled with this one, or earlier. When this one is cancelled already, so
    /// is the child.
    public LocalCancellation child() {
        assert isHere();
        return new LocalCancellation(this);
    }

    /// Has a task interrupted when the token is cancelled.
    public Attachment attach(Task<?> task) {
        return attach(task::cancel);
    }

    /// Has an operation cancelled when the token is; its final completion still follows.
    public Attachment attach(Operation operation) {
        return attach(() -> core.cancel(operation));
    }

    /// Has something done when the token is cancelled, at once if it is already. It runs in the
    /// task that cancels, and must not wait.
    public Attachment attach(Runnable action) {
        assert isHere();
        Attachment attachment = new Attachment(this, action);
        if (isCancelled()) {
            action.run();
        } else {
            link(attachment);
        }
        return attachment;
    }

    /// Cancels: wakes who waits, and then does what is attached, in the order of attaching. Doing
    /// so again does nothing.
    ///
    /// @throws RuntimeException what an attached action throws, after the others were done
    public void cancel() {
        assert isHere();
        if (isCancelled()) {
            return;
        }
        event.set();
        close();
        RuntimeException failure = null;
        Attachment attachment;
        while ((attachment = first) != null) {
            unlink(attachment);
            try {
                attachment.action.run();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /// Whether it was cancelled.
    public boolean isCancelled() {
        return event.isSet();
    }

    /// Leaves a task that is to be called off.
    ///
    /// @throws CancellationException when it was cancelled
    public void check() {
        if (isCancelled()) {
            throw new CancellationException("the LocalCancellation of this task was cancelled");
        }
    }

    /// Suspends the calling task until it is cancelled.
    ///
    /// @throws InterruptedException when the task is interrupted first
    public void await() throws InterruptedException {
        event.await();
    }

    /// The event of being cancelled. Only [#cancel] may set it, with all that follows.
    LocalEvent event() {
        return event;
    }

    /// Leaves the parent without cancelling; what is attached here stays so.
    @Override
    public void close() {
        if (inParent != null) {
            inParent.close();
        }
    }

    @Override
    public String toString() {
        return isCancelled() ? "LocalCancellation(cancelled)" : "LocalCancellation";
    }

    /// That something is attached; closing it detaches it.
    public static final class Attachment implements AutoCloseable {
        private final LocalCancellation token;
        private final Runnable action;
        private boolean linked;
        private @Nullable Attachment next;
        private @Nullable Attachment previous;

        private Attachment(LocalCancellation token, Runnable action) {
            this.token = token;
            this.action = action;
        }

        /// Detaches what has not been done.
        @Override
        public void close() {
            assert token.isHere();
            if (linked) {
                token.unlink(this);
            }
        }
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalCancellation used off its core; use Core.execute";
        return true;
    }

    private void link(Attachment attachment) {
        attachment.linked = true;
        attachment.previous = last;
        if (last == null) {
            first = attachment;
        } else {
            last.next = attachment;
        }
        last = attachment;
    }

    private void unlink(Attachment attachment) {
        Attachment previous = attachment.previous;
        Attachment next = attachment.next;
        if (previous == null) {
            first = next;
        } else {
            previous.next = next;
        }
        if (next == null) {
            last = previous;
        } else {
            next.previous = previous;
        }
        attachment.linked = false;
        attachment.next = null;
        attachment.previous = null;
    }
}
