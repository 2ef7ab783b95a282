package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The same without the fence between the change and the look at who listens.
@JCStressTest
@State
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "It saw it.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "Told for nothing.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "It was told.")
@Outcome(
        id = "false, false",
        expect = Expect.ACCEPTABLE_INTERESTING,
        desc = "It waits, and there is a change.")
public class DoorbellRingBroken {
    private static final VarHandle LISTENING;

    static {
        try {
            LISTENING =
                    MethodHandles.lookup()
                            .findVarHandle(DoorbellRingBroken.class, "listening", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // through LISTENING
    private boolean listening;

    private int shared;

    @Actor
    public void core(ZZ_Result result) {
        LISTENING.setVolatile(this, true);
        VarHandle.fullFence();
        result.r1 = shared != 0;
    }

    @Actor
    public void other(ZZ_Result result) {
        shared = 1;
        result.r2 = (boolean) LISTENING.getOpaque(this);
    }
}
