package dev.corio.core;

/// How hard a simulated kernel is to live with: for each kind of trouble the probability, 0 to 1,
/// with which it comes at each opportunity. All of them are things that Linux does.
///
/// @param shortTransfer a receive or send moves less than it could, down to one byte
/// @param delay a step takes up to 20 ms instead of some microseconds
/// @param stall bytes stay under way for up to half a second: a receiver whose window is zero
/// @param smallBuffers a socket has buffers of 1 to 2,048 bytes
/// @param lateCancel a cancel takes up to 100 ms to arrive, and may find that its target is done
/// @param spuriousWake the driver returns to the loop for nothing
/// @param timerSkew a wait ends late by up to a millisecond, or a tick too early
/// @param multishotEnd a multishot operation ends although it has not failed
/// @param emptyGroup a receive that wants its buffer picked finds none (`ENOBUFS`)
/// @param missingFeature per run and feature: an older kernel, without it
/// @param clockJump the clock leaps ahead by up to 10 s, per turn
/// @param transientError a receive or send fails without harm to the connection: `EAGAIN`, `EINTR`,
///   `ENOBUFS`, `ENOMEM`
/// @param acceptError `EMFILE`, `ENFILE`, `ENOMEM`, `ENOBUFS` or `ECONNABORTED` instead of a
///   connection
/// @param socketError no new socket: `EMFILE`, `ENFILE`, `ENOBUFS`
/// @param connectError a connection attempt is refused, finds no way, or is never answered
/// @param reset the connection is reset, at whatever byte it is
/// @param driverFailure the ring answers `EBADR` for good, per turn: a completion was lost, so the
///   core cannot go on, and ends
/// @param buggify for each [Buggify] point per run, whether it is active; an active one fires at
///   every fourth hit
///
///   **Threading:** immutable.
public record Faults(
        double shortTransfer,
        double delay,
        double stall,
        double smallBuffers,
        double lateCancel,
        double spuriousWake,
        double timerSkew,
        double multishotEnd,
        double emptyGroup,
        double missingFeature,
        double clockJump,
        double transientError,
        double acceptError,
        double socketError,
        double connectError,
        double reset,
        double driverFailure,
        double buggify) {

    /// A kernel without any trouble.
    public static Faults none() {
        return new Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /// What every program meets on every day and must not even notice: nothing fails.
    public static Faults mild() {
        return new Faults(
                0.3, 0.1, 0.01, 0.3, 0.3, 0.05, 0.1, 0.1, 0.1, 0.3, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /// All of it, and errors: a program sees exceptions, but loses nothing and waits for ever for
    /// nothing.
    public static Faults hostile() {
        return hostile(0);
    }

    /// The same, and sooner or later the driver itself fails: every task of the core ends, with a
    /// [CoreFailedException] where it waits, and lets go of what it has. What a program throws
    /// after that is its right.
    public static Faults failing() {
        return hostile(0.005);
    }

    private static Faults hostile(double driverFailure) {
        return new Faults(
                0.3,
                0.1,
                0.02,
                0.3,
                0.4,
                0.05,
                0.2,
                0.2,
                0.2,
                0.3,
                0.0005,
                0.01,
                0.05,
                0.02,
                0.05,
                0.01,
                driverFailure,
                0.25);
    }
}
