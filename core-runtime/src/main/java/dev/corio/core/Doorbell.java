package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// How other threads get a core to look at something that they share with it, a queue for example:
/// the means on which channels between cores are built.
///
/// The core calls [#listen] when it has found nothing to do, and then looks once more. Others
/// change what is shared and then [#ring]. At least one of them sees the other (Dekker), so no
/// change goes unseen. Ringing costs a fence and a read while nobody listens, so a core that is
/// busy is left alone, and whatever is done between two looks is announced once. A ring is never
/// refused: each bell is at most once in the queue of its core.
///
/// A core that has ended answers no more; an [EndWatch] is told of that.
///
/// **Threading:** [#ring] is safe from any thread, the rest is confined to the core.
public abstract class Doorbell {
    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final VarHandle STATE;

    private static final int SILENT = 0;
    private static final int LISTENING = 1;
    private static final int RUNG = 2;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Doorbell.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Core core;
    private final Runnable answer = new Answer();

    @SuppressWarnings("unused") // through STATE
    private volatile int state = SILENT;

    /// @param core the one that looks
    protected Doorbell(Core core) {
        this.core = core;
    }

    /// The core that answers.
    public final Core core() {
        return core;
    }

    /// Has the next [#ring] answered. The caller must look at what is shared once more, after this.
    public final void listen() {
        assert core.isCurrent() : "a doorbell is listened to on its own core; use Core.execute";
        STATE.compareAndSet(this, SILENT, LISTENING);
        // Partner: the fence in ring. It orders this before the caller's second look.
        VarHandle.fullFence();
    }

    /// Tells the core that what is shared has changed. Safe from any thread.
    public final void ring() {
        if (takeListener()) {
            core.scheduler().execute(answer);
        }
    }

    /// Looks at what is shared, on the loop: it must not block. Who wants to know of later changes
    /// too calls [#listen] again, and looks once more.
    protected abstract void rung();

    /// Whether the core listened; then it must be answered, and does not listen any more.
    final boolean takeListener() {
        // Partner: the fence in listen. It orders the caller's change before the look at the state.
        VarHandle.fullFence();
        return (int) STATE.getOpaque(this) == LISTENING
                && STATE.compareAndSet(this, LISTENING, RUNG);
    }

    /// What is in the queue of the core.
    final class Answer implements Runnable {
        @Override
        public void run() {
            STATE.setVolatile(Doorbell.this, SILENT);
            // Partner: the fence in ring: who still saw the bell rung changed things before this.
            VarHandle.fullFence();
            try {
                rung();
            } catch (Throwable e) {
                // Error too: whose fault it was must not take the core and all its tasks along.
                core.struck(e, Doorbell.this);
                LOG.log(
                        System.Logger.Level.ERROR,
                        "answering a doorbell of " + core + " failed",
                        e);
            }
        }
    }
}
