package dev.corio.core;

/// Waiting by count instead of by clock.
final class Turns {
    private Turns() {}

    /// Lets the loop of the calling task's core make so many turns.
    @SuppressWarnings("ThreadPriorityCheck")
    static void pass(Core core, int turns) {
        long end = core.stats().turns() + turns;
        while (core.stats().turns() < end) {
            Thread.yield();
        }
    }
}
