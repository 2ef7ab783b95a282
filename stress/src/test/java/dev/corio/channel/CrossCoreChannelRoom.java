package dev.corio.channel;

import dev.corio.core.Suspension;
import dev.corio.core.UnstartedCore;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// A sender finds no room and begins to wait, at the very moment at which the receiver makes some.
/// Results: its item is in, it is told to try again.
@JCStressTest
@State
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "In at once.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "In, and told for nothing.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Told.")
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "Waits for ever.")
public class CrossCoreChannelRoom {
    private static final Integer ITEM = 1;

    private final CrossCoreChannel<Integer> channel =
            CrossCoreChannel.mpsc(UnstartedCore.INSTANCE, 2);
    private final SenderSide<Integer> side = channel.room().sideOf(UnstartedCore.INSTANCE);
    private final Waiter waiter = new Waiter(new Suspension(UnstartedCore.INSTANCE, "room"));

    public CrossCoreChannelRoom() {
        waiter.item = ITEM;
        while (channel.offer(ITEM)) {}
    }

    @Actor
    public void sender() {
        side.enlist(waiter);
    }

    @Actor
    public void receiver() {
        channel.tryReceive();
    }

    @Arbiter
    public void afterwards(ZZ_Result result) {
        result.r1 = side.isEmpty();
        result.r2 = UnstartedCore.isRung(side.bell);
    }
}
