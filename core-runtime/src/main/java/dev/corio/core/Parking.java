package dev.corio.core;

import java.util.concurrent.locks.LockSupport;

/// How a task leaves the thread of its core, and what happens when it cannot.
///
/// A virtual thread that waits while it is pinned (inside a class initialiser, or called back from
/// native code) would park the thread that carries it, and with it the core, for good. So
/// [VirtualThreads#park] returns at once then; that the thread never ran another task tells, and a
/// yield that does not leave either confirms it.
///
/// **Threading:** confined to its core.
final class Parking {
    private static final System.Logger LOG = LoopLogger.ofCore();

    /// How late a pinned task sees an interrupt.
    private static final long PINNED_SLICE_NANOS = 10_000_000;

    /// How long a task of a core that spins looks for what another core is about to do: what it
    /// would cost to leave the thread and to come back.
    private static final long LOOK_NANOS = 1_000;

    private static final int LOOKS_PER_CLOCK = 8;

    private final Core core;
    private final Loop loop;
    private boolean pinnedWaitReported;

    /// Something that another thread brings about, and then unparks who waits for it. Its text is
    /// what thread dumps show.
    interface Awaited {
        boolean isOver();
    }

    Parking(Core core, Loop loop) {
        this.core = core;
        this.loop = loop;
    }

    /// Suspends the calling task until it is unparked or interrupted; may return for no reason.
    /// False when it came back without having left the thread: a permit was left over, or it is
    /// pinned.
    boolean park(Object blocker) {
        long slice = loop.slices;
        Thread task = Thread.currentThread();
        if (Buggify.here(core, "spurious-wake-up")) {
            LockSupport.unpark(task);
        }
        VirtualThreads.park(task, blocker);
        return slice != loop.slices;
    }

    /// As above, for at most `nanos`, by the clock of the core; 0 for no limit.
    boolean park(Object blocker, long nanos) {
        if (nanos == 0) {
            return park(blocker);
        }
        Timer alarm = new Alarm(Thread.currentThread());
        core.arm(alarm, nanos);
        try {
            return park(blocker);
        } finally {
            core.disarm(alarm);
        }
    }

    /// Looks for a moment, on a core that spins, for what another one is about to bring about.
    static void look(Awaited awaited) {
        Core here = Core.currentOrNull();
        if (here == null || !here.options().isSpinning()) {
            return;
        }
        long beginNanos = System.nanoTime();
        do {
            for (int i = 0; i < LOOKS_PER_CLOCK; i++) {
                if (awaited.isOver()) {
                    return;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - beginNanos < LOOK_NANOS);
    }

    /// Waits for what another core or thread brings about. The caller is a task of any core, or a
    /// plain thread. False when it is interrupted first; the interrupt is used up.
    static boolean awaitElsewhere(Awaited awaited) {
        Core here = Core.currentOrNull();
        if (here != null) {
            here.checkTask();
        }
        int stuck = 0;
        while (!awaited.isOver()) {
            boolean left = true;
            if (here == null) {
                LockSupport.park(awaited);
            } else {
                left = here.parking().park(awaited);
            }
            if (Thread.interrupted()) {
                return false;
            }
            if (here != null && !left && !awaited.isOver() && ++stuck > 1) {
                here.parking().serveIfPinned();
            }
        }
        return true;
    }

    /// Whether the calling task cannot leave the thread: not even a yield takes it off.
    @SuppressWarnings("ThreadPriorityCheck") // the yield is the question, not a hint
    boolean isPinned() {
        long slice = loop.slices;
        try {
            Thread.yield();
        } catch (StackOverflowError e) {
            return true;
        }
        return slice == loop.slices;
    }

    private void serveIfPinned() {
        if (isPinned()) {
            serve();
        }
    }

    /// Serves the driver from within a pinned task for a while.
    void serve() {
        loop.serveFor(PINNED_SLICE_NANOS);
    }

    /// Serves the driver from within a pinned task until its operation is done or it is
    /// interrupted. Correct, but nothing else runs meanwhile, so it is said once.
    void serve(Operation operation) {
        if (!pinnedWaitReported) {
            pinnedWaitReported = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a task waits for "
                            + operation
                            + " while it is pinned to "
                            + core
                            + " (inside a class initialiser, called back from native code, or too deep in its"
                            + " stack);"
                            + " no other task runs until that is over",
                    new IllegalStateException("pinned here"));
        }
        while (operation.isInFlight() && !Thread.currentThread().isInterrupted()) {
            serve();
        }
    }

    /// Suspends the calling task until its operation is done; whether it was interrupted meanwhile,
    /// upon which the operation was cancelled.
    boolean await(Operation operation) {
        boolean interrupted = false;
        int stuck = 0;
        while (operation.isInFlight()) {
            boolean left = tryPark(operation);
            if (Thread.interrupted()) {
                interrupted = true;
                core.cancel(operation);
            } else if (!left && operation.isInFlight() && ++stuck > 1 && isPinned()) {
                serve(operation);
            }
        }
        return interrupted;
    }

    /// Putting a task aside takes stack too, the more the deeper it is; for want of that it stays.
    boolean tryPark(Object blocker) {
        try {
            return park(blocker);
        } catch (StackOverflowError e) {
            return false;
        }
    }

    /// What a wait for another task of the core fails with when the waiting one is pinned.
    static IllegalStateException refusal(String reason) {
        return new IllegalStateException(
                "the task waits for "
                        + reason
                        + " while it is pinned to its core (inside a class"
                        + " initialiser, called back from native code, or too deep in its stack), so"
                        + " no other task can end the wait; wait outside of it");
    }

    /// Ends the park of a task.
    private static final class Alarm extends Timer {
        private final Thread task;

        Alarm(Thread task) {
            this.task = task;
        }

        @Override
        protected void fired() {
            LockSupport.unpark(task);
        }
    }
}
