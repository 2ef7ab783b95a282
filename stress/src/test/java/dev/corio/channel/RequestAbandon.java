package dev.corio.channel;

import dev.corio.core.UnstartedCore;
import java.util.concurrent.ExecutionException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IZ_Result;

/// The answer comes at the very moment at which the asker gives it up, because it was interrupted
/// or the other core has ended. Results: the answer that the asker got or 0, the answer was in
/// time.
@JCStressTest
@State
@Outcome(id = "0, false", expect = Expect.ACCEPTABLE, desc = "Given up.")
@Outcome(id = "7, true", expect = Expect.ACCEPTABLE, desc = "In time.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The two do not agree, or the answer is half there.")
public class RequestAbandon {
    private final Request<Integer, Integer> request = new Request<>(UnstartedCore.INSTANCE);

    public RequestAbandon() {
        request.begin(1);
    }

    @Actor
    public void asker(IZ_Result result) {
        if (!request.abandon()) {
            while (!request.isAnswered()) {
                Thread.onSpinWait();
            }
            result.r1 = answer();
        }
    }

    @Actor
    public void other(IZ_Result result) {
        result.r2 = request.reply(7);
    }

    private int answer() {
        try {
            return request.outcome();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
