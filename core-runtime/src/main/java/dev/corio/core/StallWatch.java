package dev.corio.core;

/// Tells from samples of a core whether it is stuck: for longer than a limit nothing was put on its
/// thread and no turn of its loop began, although it does not sleep. Each stall is told once, and
/// once that it is over.
///
/// A long time between two samples says that the process itself stood still (suspended, in a
/// debugger, without a CPU): then the core gets a fresh start.
///
/// **Threading:** confined to the watchdog.
final class StallWatch {
    private final long limitNanos;
    private long progress = -1;
    private long sinceNanos;
    private long sampledNanos;
    private long stalledNanos;
    private boolean stalled;

    /// What a sample says.
    enum Verdict {
        /// It goes on, it sleeps, or nothing is known yet.
        FINE,
        STALLED,
        STILL_STALLED,
        OVER
    }

    StallWatch(long limitNanos) {
        this.limitNanos = limitNanos;
    }

    /// @param progressNow a number that changes with each slice and each turn
    Verdict sample(long nowNanos, long progressNow, boolean isAsleep) {
        boolean stoodStill = nowNanos - sampledNanos > limitNanos / 2;
        boolean goesOn = progressNow != progress || isAsleep;
        sampledNanos = nowNanos;
        progress = progressNow;
        if (stalled) {
            stalledNanos = nowNanos - sinceNanos;
            if (!goesOn) {
                return Verdict.STILL_STALLED;
            }
            stalled = false;
            sinceNanos = nowNanos;
            return Verdict.OVER;
        }
        if (goesOn || stoodStill) {
            sinceNanos = nowNanos;
            return Verdict.FINE;
        }
        stalledNanos = nowNanos - sinceNanos;
        stalled = stalledNanos >= limitNanos;
        return stalled ? Verdict.STALLED : Verdict.FINE;
    }

    /// The stall was not told: what was there to see had changed by then.
    void retract() {
        stalled = false;
    }

    /// How long the stall has lasted, or had when it was over; exact to a sampling period or two.
    long stalledNanos() {
        return stalledNanos;
    }
}
