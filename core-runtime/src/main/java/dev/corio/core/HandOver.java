package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/// Work for a core whose mailbox is full, and the task or thread that waits until the core takes
/// it. There is one for each who waits, so their number is the limit.
///
/// **Threading:** [#await] is for the sender, [#run] for the core that takes it.
final class HandOver implements Runnable, Parking.Awaited {
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(HandOver.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// Of stack that handing over takes, and then some: small ones.
    private static final int FRAMES = 128;

    private static final int WAITING = 0;
    private static final int TAKEN = 1;
    private static final int WITHDRAWN = 2;

    private final Core core;
    private final Runnable work;
    private final Thread sender = Thread.currentThread();

    /// Taken or withdrawn, never both: whoever changes it first.
    private volatile int state = WAITING;

    HandOver(Core core, Runnable work) {
        this.core = core;
        this.work = work;
    }

    /// Hands work over behind what is in the full mailbox; returns when the core has begun it.
    ///
    /// @throws InterruptedException when the caller is interrupted first; the work is not done
    /// @throws RejectedExecutionException when the core closes; the work is not done
    static void await(Core core, Runnable work) throws InterruptedException {
        // Overflows here rather than behind handing over, with none left for taking it back.
        Mailbox.ensureStack(FRAMES);
        HandOver handOver = new HandOver(core, work);
        boolean interrupted;
        try {
            if (!core.offerLate(handOver) && handOver.withdraw()) {
                throw core.refusal();
            }
            interrupted = !Parking.awaitElsewhere(handOver);
        } catch (StackOverflowError e) {
            // Too deep to wait; but not to take it back, which needs no more than handing over.
            if (handOver.withdraw()) {
                throw e;
            }
            return;
        }
        if (interrupted) {
            if (handOver.withdraw()) {
                throw new InterruptedException("interrupted while waiting for " + handOver);
            }
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        if (STATE.compareAndSet(this, WAITING, TAKEN)) {
            LockSupport.unpark(sender);
            work.run();
        }
    }

    @Override
    public boolean isOver() {
        return state != WAITING;
    }

    /// False when the core has taken it.
    boolean withdraw() {
        return STATE.compareAndSet(this, WAITING, WITHDRAWN);
    }

    @Override
    public String toString() {
        return "room in the mailbox of " + core;
    }
}
