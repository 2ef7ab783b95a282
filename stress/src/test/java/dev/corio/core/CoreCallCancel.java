package dev.corio.core;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// A call is cancelled at the very moment at which the other core begins it. Results: the body ran,
/// the owner is told that it was cancelled.
@JCStressTest
@State
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "Too late to cancel.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "It never began.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Done and disowned, or neither.")
public class CoreCallCancel {
    private boolean ran;
    private final CoreCall<Boolean> call = CoreCall.of("ran", () -> ran = true);

    public CoreCallCancel() {
        call.begin();
    }

    @Actor
    public void owner() {
        call.cancel();
    }

    @Actor
    public void core() {
        call.mail.run();
    }

    @Arbiter
    public void result(ZZ_Result result) {
        result.r1 = ran;
        try {
            call.join();
        } catch (CancellationException e) {
            result.r2 = true;
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }
}
