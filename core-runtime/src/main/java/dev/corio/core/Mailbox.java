package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What other threads hand to a core, and the protocol that wakes it.
///
/// `work` that callers hand over is bounded, and a full queue is the caller's to handle. Who
/// chooses to wait for room has one place in `late`. `resumes`, the continuations of virtual
/// threads that another thread made ready, must never be refused: a thread that the JDK could not
/// schedule would be lost. Each live task has at most one, so the number of tasks is their limit;
/// those for which the ring has no room go into a list, and are all that allocates.
///
/// While the core is awake, handing over costs no system call. The core announces that it will
/// sleep and then looks at the queues once more; a producer adds and then looks whether the core
/// sleeps. With a full fence on both sides at least one of them sees the other (Dekker).
///
/// A sender may be at the end of its stack. What it then hands over is in or is not, and who comes
/// after it is served: see [MailRing].
///
/// **Threading:** `offer*` are safe from any thread, the rest is confined to the core.
final class Mailbox {
    private static final VarHandle SLEEPING;
    private static final VarHandle WAKERS;
    private static final VarHandle REFUSING;
    private static final VarHandle ENDED;

    static {
        try {
            var lookup = MethodHandles.lookup();
            SLEEPING = lookup.findVarHandle(Mailbox.class, "sleeping", boolean.class);
            WAKERS = lookup.findVarHandle(Mailbox.class, "wakers", int.class);
            REFUSING = lookup.findVarHandle(Mailbox.class, "refusing", boolean.class);
            ENDED = lookup.findVarHandle(Mailbox.class, "ended", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int RESUMES = 1024;

    /// Of stack that a waker needs to take back that it is one, and then some.
    private static final int FRAMES = 64;

    private final MailRing<Runnable> work;
    private final MailList<Runnable> late = new MailList<>();
    private final MailRing<Runnable> resumes = new MailRing<>(RESUMES);
    private final MailList<Runnable> moreResumes = new MailList<>();

    private volatile boolean sleeping;

    /// Producers that are about to wake the core, or find that another one does.
    @SuppressWarnings("unused") // through WAKERS
    private volatile int wakers;

    @SuppressWarnings("unused") // through REFUSING
    private volatile boolean refusing;

    @SuppressWarnings("unused") // through ENDED
    private volatile boolean ended;

    private @Nullable Runnable wake;

    /// Takes the resumes that come when the core is gone; set before `ended`.
    private @Nullable Consumer<Runnable> heir;

    Mailbox(int workMax) {
        work = new MailRing<>(workMax);
    }

    /// @param wake ends the core's wait; must be set before anything is offered
    void wakeWith(Runnable wake) {
        this.wake = wake;
    }

    /// False when the queue of work is full, or the core takes no more. What is offered at the very
    /// moment of [#refuseWork] may be done although the answer is false.
    boolean offerWork(Runnable item) {
        if (!work.offer(item)) {
            return false;
        }
        wakeIfAsleep();
        return !refusesWork();
    }

    /// For one that [#offerWork] refused, because the queue is full: it follows the work that is
    /// there. False when the core takes no more.
    boolean offerLate(HandOver item) {
        late.add(item);
        wakeIfAsleep();
        return !refusesWork();
    }

    void offerResume(Runnable continuation) {
        if (!resumes.offer(continuation)) {
            moreResumes.add(continuation);
        }
        wakeIfAsleep();
        // Partner: the fence in passOn. The one in wakeIfAsleep is between adding and asking.
        if (hasEnded()) {
            drainToHeir();
        }
    }

    /// The core has ended. What was made ready and not run, and whatever will be, goes to `heir`,
    /// on the thread that makes it ready, one at a time.
    void passOn(Consumer<Runnable> heir) {
        this.heir = heir;
        ENDED.setVolatile(this, true);
        // Partner: the fence in wakeIfAsleep, between adding a resume and asking hasEnded.
        VarHandle.fullFence();
        drainToHeir();
    }

    boolean hasEnded() {
        return (boolean) ENDED.getAcquire(this);
    }

    private synchronized void drainToHeir() {
        if (heir != null) {
            drainResumes(heir);
        }
    }

    /// Takes no more work from here on. What was accepted is in the queue already.
    void refuseWork() {
        REFUSING.setVolatile(this, true);
        // Partner: the fence in wakeIfAsleep, between adding an item and asking refusesWork.
        VarHandle.fullFence();
    }

    boolean refusesWork() {
        // Partner: the write in refuseWork, which publishes why.
        return (boolean) REFUSING.getAcquire(this);
    }

    boolean hasWork() {
        return !work.isEmpty() || !late.isEmpty();
    }

    int size() {
        return work.size() + resumes.size() + moreResumes.size();
    }

    boolean isEmpty() {
        return work.isEmpty() && resumes.isEmpty() && late.isEmpty() && moreResumes.isEmpty();
    }

    void drainResumes(Consumer<Runnable> consumer) {
        resumes.drain(consumer, RESUMES);
        moreResumes.drain(consumer, Integer.MAX_VALUE);
    }

    /// Those who wait for room are served in each turn too, lest a full queue keeps them out.
    ///
    /// @param limit of the items taken from each of the two
    void drainWork(Consumer<Runnable> consumer, int limit) {
        work.drain(consumer, limit);
        late.drain(consumer, limit);
    }

    /// Whether the core waits and nobody has woken it yet.
    boolean isAsleep() {
        return (boolean) SLEEPING.getOpaque(this);
    }

    /// Announces that the core will wait. False when something has come in: then it must not.
    boolean prepareToSleep() {
        SLEEPING.setVolatile(this, true);
        // Partner: the fence in wakeIfAsleep.
        VarHandle.fullFence();
        if (isEmpty()) {
            return true;
        }
        SLEEPING.setOpaque(this, false);
        return false;
    }

    /// The core is back. A producer that still saw it asleep has woken it for nothing, no more.
    void awake() {
        SLEEPING.setOpaque(this, false);
    }

    /// Ends waking for good: on return nobody is about to use what `wake` uses.
    void close() {
        do {
            SLEEPING.setVolatile(this, false);
            // Partner: the increment in wakeIfAsleep, which comes before its look at `sleeping`.
            VarHandle.fullFence();
            while ((int) WAKERS.getVolatile(this) != 0) {
                Thread.onSpinWait();
            }
            // Again, where one could not wake and has put it back.
        } while (sleeping);
    }

    private void wakeIfAsleep() {
        // Partner: the fence in prepareToSleep.
        VarHandle.fullFence();
        if ((boolean) SLEEPING.getOpaque(this)) {
            wake();
        }
    }

    private void wake() {
        // What was counted must be taken back: overflow before that, or not in our part at all.
        ensureStack(FRAMES);
        boolean mine = false;
        addWakers(1);
        try {
            mine = SLEEPING.compareAndSet(this, true, false);
            if (mine && wake != null) {
                wake.run();
            }
        } catch (Throwable e) {
            // Left to whoever comes next. No call here, for which there may be no stack.
            if (mine) {
                sleeping = true;
            }
            throw e;
        } finally {
            addWakers(-1);
        }
    }

    /// One place for both ways: a call of a `VarHandle` is linked when it is first reached, and
    /// that needs more stack than all else.
    private void addWakers(int count) {
        WAKERS.getAndAdd(this, count);
    }

    /// Overflows here if there is not room for so many small frames. Nothing else tells how deep a
    /// thread is.
    static int ensureStack(int frames) {
        return frames == 0 ? 0 : 1 + ensureStack(frames - 1);
    }
}
