package dev.corio.core;

/// What a core leaves behind once it has no driver any more: work that was accepted and has not
/// begun, tasks that have not ended, and threads that wait. Each is brought to an end or handed on,
/// so that nobody waits for ever for what only this core could have done.
///
/// After an orderly [Shutdown] there is little of it. After a [CoreFailure] that could not be
/// carried through, it is all that the core had.
///
/// **Threading:** for the thread of the core, as the last thing that it does.
final class Estate {
    private static final System.Logger LOG = LoopLogger.ofCore();

    private final Core core;
    private final Loop loop;

    Estate(Core core, Loop loop) {
        this.core = core;
        this.loop = loop;
    }

    /// Leaves nothing to wait for. No task runs on the core after that.
    void settle() {
        loop.mailbox.refuseWork();
        if (loop.failure.hasBegun()) {
            unwind();
        }
        loop.hasEnded = true;
        while (loop.mailbox.hasWork()) {
            abandonWork();
        }
        abandonTasks();
        core.endWatches().tell();
        passOnThreads();
    }

    /// There is nothing left to try for the core, but its tasks need no driver to end: those that
    /// were accepted begin in order to be cancelled, so that they let go of what they were given,
    /// and each goes on as long as it need not wait.
    private void unwind() {
        long endNanos = System.nanoTime() + core.options().closeTimeout().toNanos();
        do {
            loop.broken = null;
            try {
                loop.shutdown.begin();
                loop.runTasks();
                loop.shutdown.advance();
            } catch (Throwable e) {
                core.struck(e, loop);
                LOG.log(System.Logger.Level.DEBUG, "tasks of " + core + " may be left", e);
            }
        } while ((loop.hasReady() || loop.mailbox.hasWork()) && System.nanoTime() - endNanos < 0);
    }

    /// What was accepted becomes a task too, in order to be abandoned.
    private void abandonWork() {
        try {
            loop.mailbox.drainWork(loop.runWork, Integer.MAX_VALUE);
        } catch (Throwable e) {
            // It failed, and so did saying so, for want of memory. The ones behind it still count.
            core.struck(e, loop);
        }
    }

    /// Nobody may wait for ever for a task of a core that has ended, nor go on without one that has
    /// failed.
    private void abandonTasks() {
        core.tasks().abandon();
        if (loop.failure.hasBegun()) {
            core.cores().failed();
        }
    }

    /// Threads that are no tasks may be ready, or become so: they have no other scheduler.
    private void passOnThreads() {
        for (Suspension each : core.suspensions()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a thread waits for ever for " + each + ", as " + core + " has ended");
        }
        Orphans orphans = new Orphans(core);
        loop.mailbox.passOn(orphans::run);
        Runnable each = loop.removeReady();
        while (each != null) {
            loop.mailbox.offerResume(each);
            each = loop.removeReady();
        }
    }
}
