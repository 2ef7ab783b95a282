package dev.corio.core;

/// Told of each task that ended with an exception while nobody was joining it, once.
///
/// Not of those that were cancelled and ended for that reason, nor of those that the end of their
/// core ended.
///
/// **Threading:** called on the core of the task, by the task as the last thing it does. It must
/// not wait for long; what it throws is logged.
@FunctionalInterface
public interface UncaughtHandler {
    /// Takes note of a failure.
    ///
    /// @param failure what the task threw
    void uncaught(Task<?> task, Throwable failure);
}
