package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// One changes something and rings at the very moment at which the core begins to listen and looks
/// once more. Results: the core saw the change, it was told of it.
@JCStressTest
@State
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "It saw it.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "Told for nothing.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "It was told.")
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "It waits, and there is a change.")
public class DoorbellRing {
    private final Doorbell bell =
            new Doorbell(UnstartedCore.INSTANCE) {
                @Override
                protected void rung() {}
            };

    private int shared;

    @Actor
    public void core(ZZ_Result result) {
        bell.listen();
        result.r1 = shared != 0;
    }

    @Actor
    public void other(ZZ_Result result) {
        shared = 1;
        result.r2 = bell.takeListener();
    }
}
