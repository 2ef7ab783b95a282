package dev.corio.core;

/// Something that happens on the loop at a time. An object that its owner keeps and arms again.
///
/// **Threading:** confined to its core.
public abstract class Timer {
    static final int NOT_ARMED = -1;

    long deadlineNanos;
    int index = NOT_ARMED;

    /// A timer that is not armed.
    protected Timer() {}

    /// Runs on the loop once the deadline has passed: it must not block, and may arm the timer
    /// again.
    protected abstract void fired();

    /// Whether the timer will fire unless it is cancelled.
    public final boolean isArmed() {
        return index != NOT_ARMED;
    }
}
