package dev.corio.channel;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IZ_Result;

/// The same where both sides only look before they change the state.
@JCStressTest
@State
@Outcome(id = "0, false", expect = Expect.ACCEPTABLE, desc = "Given up.")
@Outcome(id = "7, true", expect = Expect.ACCEPTABLE, desc = "In time.")
@Outcome(id = "0, true", expect = Expect.ACCEPTABLE_INTERESTING, desc = "Lost.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The answer is half there.")
public class RequestAbandonBroken {
    private static final int ASKED = 0;
    private static final int ANSWERED = 1;
    private static final int ABANDONED = 2;

    private volatile int state = ASKED;
    private int answer;

    @Actor
    public void asker(IZ_Result result) {
        if (state == ASKED) {
            state = ABANDONED;
        } else {
            result.r1 = answer;
        }
    }

    @Actor
    public void other(IZ_Result result) {
        if (state == ASKED) {
            answer = 7;
            state = ANSWERED;
            result.r2 = true;
        }
    }
}
