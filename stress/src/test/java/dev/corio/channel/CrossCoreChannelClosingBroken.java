package dev.corio.channel;

import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The same where the sender only looks before it puts the item in.
@JCStressTest
@State
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "In time.")
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "Refused.")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE_INTERESTING, desc = "Lost.")
@Outcome(id = "false, true", expect = Expect.FORBIDDEN, desc = "Received, and said not to be.")
public class CrossCoreChannelClosingBroken {
    private static final Integer ITEM = 1;

    private final MpscVarHandleArrayQueue<Integer> queue = new MpscVarHandleArrayQueue<>(2);
    private volatile boolean closed;

    @Actor
    public void sender(ZZ_Result result) {
        result.r1 = !closed && queue.offer(ITEM);
    }

    @Actor
    public void receiver(ZZ_Result result) {
        closed = true;
        result.r2 = queue.poll() != null;
    }
}
