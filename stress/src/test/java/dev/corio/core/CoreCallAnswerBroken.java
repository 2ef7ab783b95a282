package dev.corio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/// The same without order between one's own write and the look at the other's.
@JCStressTest
@State
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "The answer was there.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Unparked for nothing.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "It parked and was unparked.")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE_INTERESTING, desc = "It parks for ever.")
public class CoreCallAnswerBroken {
    private static final VarHandle DONE;
    private static final VarHandle WAITER;

    static {
        try {
            var lookup = MethodHandles.lookup();
            DONE = lookup.findVarHandle(CoreCallAnswerBroken.class, "done", boolean.class);
            WAITER = lookup.findVarHandle(CoreCallAnswerBroken.class, "waiter", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // through DONE
    private boolean done;

    @SuppressWarnings("unused") // through WAITER
    private boolean waiter;

    @Actor
    public void owner(ZZ_Result result) {
        WAITER.setRelease(this, true);
        result.r1 = !(boolean) DONE.getAcquire(this);
    }

    @Actor
    public void core(ZZ_Result result) {
        DONE.setRelease(this, true);
        result.r2 = (boolean) WAITER.getAcquire(this);
    }
}
