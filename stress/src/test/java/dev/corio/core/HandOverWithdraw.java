package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// Who waits for room in a mailbox takes the work back at the very moment at which the core takes
/// it. Results: it was done, it was taken back.
@JCStressTest
@State
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "Done.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Taken back.")
@Outcome(id = "true, true", expect = Expect.FORBIDDEN, desc = "Done, and said not to be.")
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "Lost.")
public class HandOverWithdraw {
    private boolean done;

    private final HandOver handOver = new HandOver(UnstartedCore.INSTANCE, () -> done = true);

    @Actor
    public void core(ZZ_Result result) {
        handOver.run();
        result.r1 = done;
    }

    @Actor
    public void sender(ZZ_Result result) {
        result.r2 = handOver.withdraw();
    }
}
