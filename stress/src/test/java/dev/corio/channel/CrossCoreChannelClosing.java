package dev.corio.channel;

import dev.corio.core.UnstartedCore;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// An item meets the closing of its channel. Results: it was accepted, it was received.
@JCStressTest
@State
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "In time.")
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "Refused.")
@Outcome(id = "true, false", expect = Expect.FORBIDDEN, desc = "Lost.")
@Outcome(id = "false, true", expect = Expect.FORBIDDEN, desc = "Received, and said not to be.")
public class CrossCoreChannelClosing {
    private static final Integer ITEM = 1;

    private final CrossCoreChannel<Integer> channel =
            CrossCoreChannel.mpsc(UnstartedCore.INSTANCE, 2);

    @Actor
    public void sender(ZZ_Result result) {
        try {
            result.r1 = channel.trySend(ITEM);
        } catch (ClosedException e) {
            result.r1 = false;
        }
    }

    @Actor
    public void receiver(ZZ_Result result) {
        channel.close();
        while (!channel.isDrained()) {
            result.r2 |= channel.tryReceive() != null;
        }
    }
}
