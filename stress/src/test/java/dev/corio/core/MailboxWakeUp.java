package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// A producer hands something over at the very moment at which the core goes to sleep. Results: the
/// core slept, it was woken.
@JCStressTest
@State
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "The core saw it and stayed up.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Woken for nothing.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "It slept and was woken.")
@Outcome(id = "true, false", expect = Expect.FORBIDDEN, desc = "It sleeps, and there is mail.")
public class MailboxWakeUp {
    private static final Runnable ITEM = () -> {};

    private final Mailbox mailbox = new Mailbox(2);
    private boolean slept;
    private boolean woken;

    public MailboxWakeUp() {
        mailbox.wakeWith(() -> woken = true);
    }

    @Actor
    public void producer() {
        mailbox.offerWork(ITEM);
    }

    @Actor
    public void core() {
        slept = mailbox.prepareToSleep();
    }

    @Arbiter
    public void result(ZZ_Result result) {
        result.r1 = slept;
        result.r2 = woken;
    }
}
