package dev.corio.core;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// The tasks of a core that have not ended: how they begin, and who is told how they end.
///
/// **Threading:** confined to its core; the counts may be read from anywhere.
final class Tasks implements Iterable<Task<?>> {
    private static final System.Logger LOG = LoopLogger.ofCore();

    private final Core core;
    private final Roster<Task<?>> live = new Roster<>();
    private long startedCount;

    Tasks(Core core) {
        this.core = core;
    }

    boolean isEmpty() {
        return live.isEmpty();
    }

    int count() {
        return live.count();
    }

    /// How many there have ever been.
    long startedCount() {
        return startedCount;
    }

    /// Those that are live; the one that was handed out last may end meanwhile.
    @Override
    public Iterator<Task<?>> iterator() {
        return live.iterator();
    }

    /// Lets a task begin, on its core.
    void start(Task<?> task) {
        Loop loop = core.loop;
        try {
            startedCount++;
            live.add(task);
            task.starts(loop.nowNanos);
            if (loop.shutdown.hasBegun()) {
                task.cancel();
            }
            // Where the core has ended it is only there to be abandoned.
            if (!loop.hasEnded) {
                task.thread().start();
            }
        } catch (VirtualMachineError e) {
            loop.broken = e;
            throw e;
        }
    }

    /// Called by a task as the last thing that it does.
    ///
    /// @param unobserved what it threw, when nobody has joined it
    void ended(Task<?> task, @Nullable Throwable unobserved) {
        live.remove(task);
        boolean expected =
                core.loop.shutdown.hasBegun()
                        && (Task.isInterruption(unobserved)
                                || unobserved instanceof CoreFailedException);
        SimulatedWorld world = core.world();
        if (world != null && unobserved != null) {
            world.taskFailed(task, unobserved);
        }
        if (unobserved != null && !expected) {
            tell(task, unobserved);
        }
    }

    /// The core has ended before them: whoever joins one is told.
    void abandon() {
        for (Task<?> each : live) {
            live.remove(each);
            each.abandon();
        }
    }

    private void tell(Task<?> task, Throwable failure) {
        UncaughtHandler handler = core.options().uncaught();
        if (handler == null) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    task + " on " + core + " failed, and nobody joined it",
                    failure);
            return;
        }
        try {
            handler.uncaught(task, failure);
        } catch (Throwable e) {
            e.addSuppressed(failure);
            LOG.log(System.Logger.Level.ERROR, "the handler of uncaught failures failed", e);
            core.struck(e, task);
        }
    }
}
