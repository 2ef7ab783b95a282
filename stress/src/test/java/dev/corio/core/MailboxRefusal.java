package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// Work is handed over at the very moment at which the core takes its last. Results: the producer
/// was told that it is accepted, the core found it.
@JCStressTest
@State
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "In time.")
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "Too late, and told.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Refused and done all the same.")
@Outcome(id = "true, false", expect = Expect.FORBIDDEN, desc = "Accepted and never done.")
public class MailboxRefusal {
    private static final Runnable ITEM = () -> {};

    private final Mailbox mailbox = new Mailbox(2);
    private boolean accepted;
    private boolean found;

    @Actor
    public void producer() {
        accepted = mailbox.offerWork(ITEM);
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
