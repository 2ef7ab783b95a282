package dev.corio.channel;

import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// The same where the receiver gives a slot back before it has emptied it.
@JCStressTest
@State
@Outcome(
        id = {"1234, 4", "123, 3", "12, 2"},
        expect = Expect.ACCEPTABLE,
        desc = "Nothing happened between the two.")
@Outcome(expect = Expect.ACCEPTABLE_INTERESTING, desc = "Lost, and what follows it unseen.")
public class SpscQueueReuseBroken {
    private static final int ROUNDS = 4;

    private final @Nullable Integer[] slots = new @Nullable Integer[2];
    private volatile int head;
    private volatile int tail;
    private volatile boolean isOver;

    @Actor
    public void sender(II_Result result) {
        int sent = 0;
        for (int i = 0; i < 2 + ROUNDS && sent < 4; i++) {
            if (tail - head < 2) {
                slots[tail & 1] = ++sent;
                tail++;
            }
        }
        result.r2 = sent;
        isOver = true;
    }

    @Actor
    public void receiver(II_Result result) {
        boolean wasOver;
        do {
            wasOver = isOver;
            while (head < tail) {
                int slot = head & 1;
                Integer item = slots[slot];
                head++;
                slots[slot] = null;
                result.r1 = 10 * result.r1 + (item == null ? 0 : item);
            }
        } while (!wasOver);
    }
}
