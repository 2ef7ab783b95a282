package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/// A producer wakes a core that ends and frees what waking uses. The result: it was used after
/// that.
@JCStressTest
@State
@Outcome(id = "false", expect = Expect.ACCEPTABLE, desc = "Woken before, or not at all.")
@Outcome(id = "true", expect = Expect.FORBIDDEN, desc = "Used after it was freed.")
public class MailboxClose {
    private static final Runnable ITEM = () -> {};

    private final Mailbox mailbox = new Mailbox(2);
    private volatile boolean freed;
    private boolean usedAfterwards;

    public MailboxClose() {
        mailbox.wakeWith(() -> usedAfterwards = freed);
        mailbox.prepareToSleep();
    }

    @Actor
    public void producer(Z_Result result) {
        mailbox.offerResume(ITEM);
        result.r1 = usedAfterwards;
    }

    @Actor
    public void core() {
        mailbox.close();
        freed = true;
    }
}
