package dev.corio.channel;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The same where the sender says that it wants room before it says where it can be told.
@JCStressTest
@State
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "In at once.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "In, and told for nothing.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Told.")
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE_INTERESTING, desc = "Waits for ever.")
public class CrossCoreChannelRoomTakenBroken {
    private final AtomicInteger room = new AtomicInteger();
    private final AtomicBoolean wanted = new AtomicBoolean();
    private final AtomicBoolean listening = new AtomicBoolean();
    private boolean in;
    private boolean told;

    @Actor
    public void sender() {
        wanted.set(true);
        listening.set(true);
        in = room.compareAndSet(1, 0);
    }

    @Actor
    public void receiverAndAnother() {
        makeRoom();
        room.compareAndSet(1, 0);
    }

    @Arbiter
    public void afterwards(ZZ_Result result) {
        makeRoom();
        result.r1 = in;
        result.r2 = told;
    }

    private void makeRoom() {
        room.set(1);
        if (wanted.get()) {
            wanted.set(false);
            told |= listening.compareAndSet(true, false);
        }
    }
}
