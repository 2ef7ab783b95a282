package dev.corio.core;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The place where one task waits until another task of the same core, or the loop, lets it go on:
/// the pair on which channels, joins and relays are built.
///
/// [#resume] before [#await] is remembered. After `await` has returned, the suspension can be used
/// again.
///
/// **Threading:** confined to its core.
public final class Suspension extends Roster.Member<Suspension> {
    private final Core core;
    private final Object reason;
    private boolean resumed;
    private @Nullable Thread waiter;

    /// @param reason what the task waits for, as thread dumps show it
    public Suspension(Core core, String reason) {
        this(core, (Object) reason);
    }

    /// As above, with a reason whose text is only made when somebody asks.
    Suspension(Core core, Object reason) {
        this.core = core;
        this.reason = reason;
    }

    /// Suspends the calling task until [#resume].
    ///
    /// @throws InterruptedException when the task is interrupted first, or the core closes and is
    ///   past its tasks; a later `resume` is remembered
    public void await() throws InterruptedException {
        if (!suspend(true, false)) {
            throw new InterruptedException("interrupted while waiting for " + reason);
        }
    }

    /// As [#await], for what completions or other threads bring about: where the task cannot leave
    /// the thread, it serves the core until then.
    public void awaitOthers() throws InterruptedException {
        if (!suspend(true, true)) {
            throw new InterruptedException("interrupted while waiting for " + reason);
        }
    }

    /// Suspends the calling task until [#resume], however often it is interrupted; the interrupt is
    /// kept for the task's next wait.
    public void awaitUninterruptibly() {
        suspend(false, false);
    }

    /// As [#awaitUninterruptibly], for what completions alone bring about: where the task cannot
    /// leave the thread, it serves the driver until then.
    public void awaitCompletions() {
        suspend(false, true);
    }

    /// Lets the task go on, in a coming turn of the loop.
    public void resume() {
        assert core.isCurrent() : "Suspension resumed off its core; use Core.execute";
        resumed = true;
        try {
            if (waiter != null) {
                LockSupport.unpark(waiter);
            }
        } catch (VirtualMachineError e) {
            core.loop.broken = e;
            throw e;
        }
    }

    /// For a core that closes: whoever waits here is not one of its tasks.
    void interrupt() {
        if (waiter != null) {
            waiter.interrupt();
        }
    }

    @Override
    public String toString() {
        return reason.toString();
    }

    /// False when the task was interrupted instead, which only happens when `interruptible`.
    @SuppressWarnings("ThreadPriorityCheck") // the yield lets the loop go on; it is not a hint
    private boolean suspend(boolean interruptible, boolean servedWhenPinned) {
        core.checkTask();
        assert waiter == null : "two tasks wait for the same suspension: " + reason;
        waiter = Thread.currentThread();
        core.suspensions().add(this);
        boolean interrupted = false;
        try {
            int stuck = 0;
            while (!resumed) {
                core.failure().check(reason);
                if (interruptible && core.isDraining()) {
                    // A thread that retries for ever must not keep the core from its loop.
                    Thread.yield();
                    if (!resumed) {
                        return false;
                    }
                    // What came with the resume would be lost.
                    break;
                }
                boolean left =
                        servedWhenPinned ? core.parking().tryPark(this) : core.parking().park(this);
                if (Thread.interrupted()) {
                    interrupted = true;
                    if (interruptible && !resumed) {
                        interrupted = false;
                        return false;
                    }
                } else if (!left && !resumed && ++stuck > 1 && core.parking().isPinned()) {
                    if (!servedWhenPinned) {
                        throw Parking.refusal(toString());
                    }
                    core.parking().serve();
                }
            }
            resumed = false;
            return true;
        } finally {
            core.suspensions().remove(this);
            waiter = null;
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
