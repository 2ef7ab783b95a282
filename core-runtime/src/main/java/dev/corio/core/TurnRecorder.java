package dev.corio.core;

import org.jspecify.annotations.Nullable;

/// Times the turns of one core for the event `dev.corio.SlowTurn`. The event object is used again
/// until a turn was slow enough to be recorded.
///
/// **Threading:** confined to its core.
final class TurnRecorder {
    private final Core core;
    private JfrEvents.@Nullable SlowTurn event;
    private long slicesBefore;
    private long completionsBefore;
    private boolean begun;

    TurnRecorder(Core core) {
        this.core = core;
    }

    void began(long slices, long completions) {
        if (!Events.haveRecorder()) {
            return;
        }
        JfrEvents.SlowTurn turn = event;
        if (turn == null) {
            turn = new JfrEvents.SlowTurn();
            event = turn;
        }
        if (turn.isEnabled()) {
            slicesBefore = slices;
            completionsBefore = completions;
            begun = true;
            turn.begin();
        }
    }

    void ended(long slices, long completions) {
        JfrEvents.SlowTurn turn = event;
        if (begun && turn != null) {
            begun = false;
            turn.end();
            if (turn.shouldCommit()) {
                turn.core = core.index();
                turn.taskSwitches = slices - slicesBefore;
                turn.completions = completions - completionsBefore;
                JfrEvents.commit(turn);
                event = null;
            }
        }
    }
}
