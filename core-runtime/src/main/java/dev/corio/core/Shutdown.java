package dev.corio.core;

/// The end of a core: cancel the tasks and wait for them, then cancel and close what they left
/// behind, and stop once the driver holds nothing any more. Only after that is memory freed.
///
/// Virtual threads that tasks have started by themselves are nobody's: the core does not wait for
/// them. Their waits for the core's own things end as its tasks' do, so that those threads can end
/// too; the rest is for [Orphans].
///
/// **Threading:** confined to its core.
final class Shutdown {
    private static final System.Logger LOG = LoopLogger.ofCore();

    private enum Phase {
        NOT_BEGUN,
        CANCELLING_TASKS,
        DRAINING,
        OVER
    }

    private final Core core;
    private final Loop loop;
    private final Timer patience =
            new Timer() {
                @Override
                protected void fired() {
                    impatient = true;
                    abandonTasks();
                }
            };
    private Phase phase = Phase.NOT_BEGUN;
    private boolean impatient;

    /// Descriptors that were still open when the tasks had ended: nobody had closed them.
    int descriptorsLeft;

    Shutdown(Core core, Loop loop) {
        this.core = core;
        this.loop = loop;
    }

    boolean hasBegun() {
        return phase != Phase.NOT_BEGUN;
    }

    boolean isOver() {
        return phase == Phase.OVER;
    }

    /// Whether the tasks are over and only completions are waited for, or the driver has failed:
    /// nothing new begins.
    boolean isDraining() {
        return phase == Phase.DRAINING || phase == Phase.OVER || loop.failure.hasBegun();
    }

    void begin() {
        if (!hasBegun()) {
            phase = Phase.CANCELLING_TASKS;
            // What was accepted before is in the queue, and begins in order to be cancelled.
            loop.mailbox.refuseWork();
            core.tasks().forEach(Task::cancel);
            core.arm(patience, core.options().closeTimeout());
        }
    }

    /// Goes on as far as possible; called once in each turn.
    void advance() {
        if (loop.mailbox.hasWork()) {
            return;
        }
        if (phase == Phase.CANCELLING_TASKS && core.tasks().isEmpty()) {
            closeLeftOvers();
        }
        if (phase == Phase.DRAINING
                && loop.inFlight.count() == 0
                && (impatient || !loop.hasReady())) {
            phase = Phase.OVER;
        }
    }

    private void abandonTasks() {
        if (phase == Phase.CANCELLING_TASKS) {
            for (Task<?> task : core.tasks()) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        task
                                + " on "
                                + core
                                + " has not ended within "
                                + core.options().closeTimeout()
                                + " after it was cancelled; it is abandoned");
            }
            closeLeftOvers();
        }
    }

    private void closeLeftOvers() {
        phase = Phase.DRAINING;
        core.leaks().reportLeft();
        for (Descriptor each : core.descriptors()) {
            LOG.log(System.Logger.Level.DEBUG, "{0} was left open on {1}", each, core);
            each.closeSoon();
            descriptorsLeft++;
        }
        core.suspensions().forEach(Suspension::interrupt);
        for (int slot = 0; slot < loop.inFlight.slots(); slot++) {
            Operation operation = loop.inFlight.at(slot);
            if (operation != null) {
                core.cancel(operation);
            }
        }
    }
}
