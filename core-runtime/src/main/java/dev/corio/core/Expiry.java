package dev.corio.core;

/// Cancels an operation when its time is over. An operation keeps its own for the next time.
///
/// **Threading:** confined to its core.
final class Expiry extends Timer {
    private final Core core;
    private final Operation operation;
    private boolean isOver;

    Expiry(Core core, Operation operation) {
        this.core = core;
        this.operation = operation;
    }

    boolean isOn(Core other) {
        return core == other;
    }

    /// Whether the time was over before [#end].
    boolean isOver() {
        return isOver;
    }

    void begin(long nanos) {
        isOver = false;
        core.arm(this, nanos);
    }

    void end() {
        core.disarm(this);
    }

    @Override
    protected void fired() {
        isOver = true;
        core.cancel(operation);
    }
}
