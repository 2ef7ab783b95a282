package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The producer asks first whether the core still takes work, and adds its item after that.
@JCStressTest
@State
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "In time.")
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "Too late, and told.")
@Outcome(
        id = "true, false",
        expect = Expect.ACCEPTABLE_INTERESTING,
        desc = "Accepted and never done.")
public class MailboxRefusalBroken {
    private static final Runnable ITEM = () -> {};

    private final Mailbox mailbox = new Mailbox(2);
    private boolean accepted;
    private boolean found;

    @Actor
    public void producer() {
        if (!mailbox.refusesWork()) {
            mailbox.offerWork(ITEM);
            accepted = true;
        }
    }

    @Actor
    public void core() {
        mailbox.refuseWork();
        mailbox.drainWork(_ -> found = true, 2);
    }

    @Arbiter
    public void result(ZZ_Result result) {
        result.r1 = accepted;
        result.r2 = found;
    }
}
