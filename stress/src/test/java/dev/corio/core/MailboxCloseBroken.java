package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/// The core does not wait for those who are about to wake it.
@JCStressTest
@State
@Outcome(id = "false", expect = Expect.ACCEPTABLE, desc = "Woken before, or not at all.")
@Outcome(id = "true", expect = Expect.ACCEPTABLE_INTERESTING, desc = "Used after it was freed.")
public class MailboxCloseBroken {
    private static final Runnable ITEM = () -> {};

    private final Mailbox mailbox = new Mailbox(2);
    private volatile boolean freed;
    private boolean usedAfterwards;

    public MailboxCloseBroken() {
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
        mailbox.awake();
        freed = true;
    }
}
