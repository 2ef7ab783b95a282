package dev.corio.core;

/// Times the turns of one core for the event `dev.corio.SlowTurn`. The event object is used again
/// until a turn was slow enough to be recorded.
///
/// **Threading:** confined to its core.
final class TurnRecorder {
    private final Core core;
    private JfrEvents.SlowTurn event = new JfrEvents.SlowTurn();
    private long slicesBefore;
    private long completionsBefore;
    private boolean begun;

    TurnRecorder(Core core) {
        this.core = core;
    }

    void began(long slices, long completions) {
        if (event.isEnabled()) {
            slicesBefore = slices;
            completionsBefore = completions;
            begun = true;
            event.begin();
        }
    }

    void ended(long slices, long completions) {
        if (begun) {
            begun = false;
            event.end();
            if (event.shouldCommit()) {
                event.core = core.index();
                event.taskSwitches = slices - slicesBefore;
                event.completions = completions - completionsBefore;
                JfrEvents.commit(event);
                event = new JfrEvents.SlowTurn();
            }
        }
    }
}
