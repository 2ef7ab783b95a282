package dev.corio.channel;

/// A receiver of a [LocalBroadcast] was too slow: items that it had not received were overwritten.
/// It goes on with the oldest one that is still there.
///
/// **Threading:** safe from any thread.
public final class LaggedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final long missed;

    LaggedException(long missed) {
        super("missed " + missed + " items; receive faster, or give the broadcast more capacity");
        this.missed = missed;
    }

    /// How many items it will never get.
    public long missed() {
        return missed;
    }
}
