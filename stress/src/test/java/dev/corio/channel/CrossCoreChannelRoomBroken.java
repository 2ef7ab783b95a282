package dev.corio.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The same without the fence between making room and the look whether it is wanted.
@JCStressTest
@State
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "In at once.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "In, and told for nothing.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Told.")
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE_INTERESTING, desc = "Waits for ever.")
public class CrossCoreChannelRoomBroken {
    private static final VarHandle ROOM;
    private static final VarHandle WANTED;

    static {
        try {
            var lookup = MethodHandles.lookup();
            ROOM = lookup.findVarHandle(CrossCoreChannelRoomBroken.class, "room", int.class);
            WANTED = lookup.findVarHandle(CrossCoreChannelRoomBroken.class, "wanted", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // through ROOM
    private int room;

    @SuppressWarnings("unused") // through WANTED
    private int wanted;

    @Actor
    public void sender(ZZ_Result result) {
        WANTED.setVolatile(this, 1);
        VarHandle.fullFence();
        result.r1 = (int) ROOM.getAcquire(this) > 0;
    }

    @Actor
    public void receiver(ZZ_Result result) {
        ROOM.setRelease(this, 1);
        result.r2 = (int) WANTED.getOpaque(this) > 0;
    }
}
