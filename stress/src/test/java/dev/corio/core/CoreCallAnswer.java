package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The answer comes at the very moment at which the owner begins to wait. Results: the owner parks,
/// it is unparked.
@JCStressTest
@State
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "The answer was there.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Unparked for nothing.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "It parked and was unparked.")
@Outcome(id = "true, false", expect = Expect.FORBIDDEN, desc = "It parks for ever.")
public class CoreCallAnswer {
    private final CoreCall<Integer> call = CoreCall.of("one", () -> 1);

    public CoreCallAnswer() {
        call.begin();
    }

    @Actor
    public void owner(ZZ_Result result) {
        result.r1 = call.mustPark(Thread.currentThread());
    }

    @Actor
    public void core(ZZ_Result result) {
        result.r2 = call.finish() != null;
    }
}
