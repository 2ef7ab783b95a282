package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The same where both sides look first and then write.
@JCStressTest
@State
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "Too late to cancel.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "It never began.")
@Outcome(expect = Expect.ACCEPTABLE_INTERESTING, desc = "Done and disowned, or neither.")
public class CoreCallCancelBroken {
    private volatile boolean begun;
    private volatile boolean cancelled;
    private boolean ran;

    @Actor
    public void owner() {
        if (!begun) {
            cancelled = true;
        }
    }

    @Actor
    public void core() {
        if (!cancelled) {
            begun = true;
            ran = true;
        }
    }

    @Arbiter
    public void result(ZZ_Result result) {
        result.r1 = ran;
        result.r2 = cancelled;
    }
}
