package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The protocol of [Mailbox] without its fences: the announcement of the core may still be in its
/// store buffer when it looks at the queue, so that neither side sees the other.
@JCStressTest
@State
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "The core saw it and stayed up.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Woken for nothing.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "It slept and was woken.")
@Outcome(
        id = "true, false",
        expect = Expect.ACCEPTABLE_INTERESTING,
        desc = "It sleeps, and there is mail.")
public class MailboxWakeUpUnfencedBroken {
    private static final Runnable ITEM = () -> {};
    private static final VarHandle SLEEPING;

    static {
        try {
            SLEEPING =
                    MethodHandles.lookup()
                            .findVarHandle(
                                    MailboxWakeUpUnfencedBroken.class, "sleeping", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final MpscVarHandleArrayQueue<Runnable> work = new MpscVarHandleArrayQueue<>(2);

    @SuppressWarnings("unused") // through SLEEPING
    private boolean sleeping;

    private boolean slept;
    private boolean woken;

    @Actor
    public void producer() {
        work.offer(ITEM);
        woken = (boolean) SLEEPING.getOpaque(this);
    }

    @Actor
    public void core() {
        SLEEPING.setOpaque(this, true);
        slept = work.isEmpty();
    }

    @Arbiter
    public void result(ZZ_Result result) {
        result.r1 = slept;
        result.r2 = woken;
    }
}
