package dev.corio.core;

import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// The same where a slot is not claimed but looked for, and the tail moved after that.
@JCStressTest
@State
@Outcome(
        id = {"11, 11", "12, 12", "21, 21", "22, 22"},
        expect = Expect.ACCEPTABLE,
        desc = "Nothing happened between the two.")
@Outcome(expect = Expect.ACCEPTABLE_INTERESTING, desc = "Both filled the same slot.")
public class MailRingReuseBroken {
    private final @Nullable Integer[] slots = new @Nullable Integer[2];
    private volatile int tail;
    private volatile int head;
    private int sent;
    private int sentByReceiver;
    private int received;

    @Actor
    public void sender() {
        sent += send(1);
        sent += send(1);
    }

    @Actor
    public void receiver() {
        sentByReceiver += send(10);
        take();
        sentByReceiver += send(10);
    }

    @Arbiter
    public void result(II_Result result) {
        take();
        result.r1 = sent + sentByReceiver;
        result.r2 = received;
    }

    private int send(int value) {
        int free = tail;
        if (free - head == 2) {
            return 0;
        }
        slots[free & 1] = value;
        tail = free + 1;
        return value;
    }

    private void take() {
        while (head < tail) {
            Integer item = slots[head & 1];
            slots[head & 1] = null;
            head = head + 1;
            received += item == null ? 0 : item;
        }
    }
}
