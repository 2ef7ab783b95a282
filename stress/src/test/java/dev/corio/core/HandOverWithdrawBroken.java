package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The same where both only look before they change the state.
@JCStressTest
@State
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "Done.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Taken back.")
@Outcome(
        id = "true, true",
        expect = Expect.ACCEPTABLE_INTERESTING,
        desc = "Done, and said not to be.")
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "Lost.")
public class HandOverWithdrawBroken {
    private static final int WAITING = 0;
    private static final int TAKEN = 1;
    private static final int WITHDRAWN = 2;

    private volatile int state = WAITING;

    @Actor
    public void core(ZZ_Result result) {
        if (state == WAITING) {
            state = TAKEN;
            result.r1 = true;
        }
    }

    @Actor
    public void sender(ZZ_Result result) {
        if (state == WAITING) {
            state = WITHDRAWN;
            result.r2 = true;
        }
    }
}
