package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The core looks at its mail and then announces that it sleeps: that it should look once more is
/// ignored.
@JCStressTest
@State
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "The core saw it and stayed up.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "It slept and was woken.")
@Outcome(
        id = "true, false",
        expect = Expect.ACCEPTABLE_INTERESTING,
        desc = "It sleeps, and there is mail.")
public class MailboxWakeUpUncheckedBroken {
    private static final Runnable ITEM = () -> {};

    private final Mailbox mailbox = new Mailbox(2);
    private boolean slept;
    private boolean woken;

    public MailboxWakeUpUncheckedBroken() {
        mailbox.wakeWith(() -> woken = true);
    }

    @Actor
    public void producer() {
        mailbox.offerWork(ITEM);
    }

    @Actor
    public void core() {
        if (mailbox.isEmpty()) {
            mailbox.prepareToSleep();
            slept = true;
        }
    }

    @Arbiter
    public void result(ZZ_Result result) {
        result.r1 = slept;
        result.r2 = woken;
    }
}
