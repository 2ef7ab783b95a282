package dev.corio.core;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A time limit for a piece of code, whatever it waits for: operations, channels, joins, buffers,
/// locks, the JDK's own blocking calls.
///
/// ```java
/// Reply reply = Deadline.within(Duration.ofMillis(200), () -> {
///     stream.writeFully(request);
///     return readReply(stream);
/// });
/// ```
///
/// One rule: inside, expiry is an interrupt of the task; outside, it is a
/// [DeadlineExceededException]. So everything that knows how to end when it is interrupted knows
/// how to end here: the operation in flight is cancelled and its outcome awaited, bytes that did
/// arrive are returned, `finally` blocks run. When the body has ended the interrupt is taken back.
///
/// - A body that returns, however late, has returned: its value counts.
/// - Of nested deadlines the nearest ends the wait. An inner one only turns its own expiry into its
///   exception; that of an outer one passes through it as the interruption that it is, and comes
///   back when the inner body made nothing of it.
/// - [Task#cancel] is never mistaken for an expiry: a task that was cancelled is still interrupted
///   after the body. Any other interrupt from outside that meets an expiry which the body is just
///   about to obey counts as part of it.
///
/// Forks and tasks that the body starts have no deadline of their own. Who waits for them is
/// interrupted, and cancels them as it does for any interrupt; a `StructuredTaskScope` does so by
/// itself.
///
/// **Threading:** for tasks, and threads that they started, on any core.
public final class Deadline {
    private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();

    /// An expiry that finds its task ending for another reason waits that long.
    private static final Duration LATER = Duration.ofMillis(5);

    private Deadline() {}

    /// What is to be done in time.
    ///
    /// @param <T> of its value
    /// @param <X> that it throws
    @FunctionalInterface
    public interface Body<T extends @Nullable Object, X extends Exception> {
        T run() throws X;
    }

    /// What is to be done in time and has no value.
    ///
    /// @param <X> that it throws
    @FunctionalInterface
    public interface Action<X extends Exception> {
        void run() throws X;
    }

    /// Runs `body` in the calling task and interrupts it when `time` is over.
    ///
    /// @param time zero or less for one that is over already: whatever would wait fails at once
    /// @throws DeadlineExceededException when the body ended with an interruption because its time
    ///   was over
    /// @throws X what else the body throws
    /// @throws IllegalStateException on a thread that is not on a core
    public static <T extends @Nullable Object, X extends Exception> T within(
            Duration time, Body<T, X> body) throws X, DeadlineExceededException {
        Core core = Core.current();
        core.checkTask();
        Scope scope = new Scope(core, time, CURRENT.get());
        CURRENT.set(scope);
        boolean passesOn = false;
        try {
            scope.begin(time);
            return body.run();
        } catch (Throwable e) {
            boolean interruption = Task.isInterruption(e);
            if (interruption && scope.isOver) {
                String reason = e.getMessage() == null ? e.toString() : e.getMessage();
                throw new DeadlineExceededException("not done within " + time + ": " + reason, e);
            }
            passesOn = interruption;
            throw e;
        } finally {
            scope.end(passesOn);
            CURRENT.set(scope.outer);
        }
    }

    /// Like [#within(Duration, Body)], for a body without a value.
    @SuppressWarnings("NullAway") // the only value of Void
    public static <X extends Exception> void within(Duration time, Action<X> action)
            throws X, DeadlineExceededException {
        Body<Void, X> body =
                () -> {
                    action.run();
                    return null;
                };
        within(time, body);
    }

    /// How much time the nearest deadline of the calling task leaves, to be passed on to a peer or
    /// to another task; zero when it is over, null when there is none.
    public static @Nullable Duration remaining() {
        Scope scope = CURRENT.get();
        if (scope == null) {
            return null;
        }
        return Duration.ofNanos(Math.max(0, scope.nearestNanos - scope.core.nanoTime()));
    }

    private static final class Scope extends Timer {
        private final Core core;
        private final Thread thread = Thread.currentThread();
        private final @Nullable Scope outer;
        private final long endNanos;
        private final long nearestNanos;

        private final boolean outerWasOver;

        /// Our interrupt was given.
        private boolean isOver;

        Scope(Core core, Duration time, @Nullable Scope outer) {
            this.core = core;
            this.outer = outer;
            outerWasOver = isOuterOver();
            endNanos = core.nanoTime() + Timers.nanos(time);
            nearestNanos =
                    outer == null || endNanos - outer.nearestNanos < 0
                            ? endNanos
                            : outer.nearestNanos;
        }

        void begin(Duration time) {
            if (time.isPositive()) {
                core.arm(this, time);
            } else {
                fired();
            }
        }

        @Override
        protected void fired() {
            if (thread.isInterrupted() || isForestalled()) {
                // It is ending; should it go on after all, its time is over.
                core.arm(this, LATER);
            } else {
                isOver = true;
                thread.interrupt();
            }
        }

        /// Whether an outer scope is to end the task first.
        private boolean isForestalled() {
            for (Scope each = outer; each != null; each = each.outer) {
                if (each.isArmed() && each.endNanos - endNanos <= 0) {
                    return true;
                }
            }
            return false;
        }

        /// Takes our interrupt back, so that nothing of this scope reaches what comes after it, and
        /// leaves one that is meant for more than it.
        ///
        /// @param passesOn whether the body ended with an interruption that is not ours
        void end(boolean passesOn) {
            if (core.isCurrent()) {
                // A thread that outlived its core goes on beside it, and no timer fires any more.
                core.disarm(this);
            }
            if (isOver) {
                Thread.interrupted();
            }
            boolean cancelled = isOver && Task.isCancelled(thread);
            boolean outerExpired = !passesOn && !outerWasOver && isOuterOver();
            if (cancelled || outerExpired) {
                thread.interrupt();
            }
        }

        private boolean isOuterOver() {
            return outer != null && (outer.isOver || outer.isOuterOver());
        }
    }
}
