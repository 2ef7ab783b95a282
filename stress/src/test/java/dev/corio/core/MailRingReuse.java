package dev.corio.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// Two threads send through two slots, and one of them empties these in between. Results: the sum
/// of what went in, and of what came out, read from where the senders wrote it by plain stores.
@JCStressTest
@State
@Outcome(
        id = {"11, 11", "12, 12", "21, 21", "22, 22"},
        expect = Expect.ACCEPTABLE,
        desc = "What went in came out, once and whole.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Lost, repeated or not whole.")
public class MailRingReuse {
    private final MailRing<Item> ring = new MailRing<>(2);
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
        return ring.offer(new Item(value)) ? value : 0;
    }

    private void take() {
        ring.drain(each -> received += each.value, 4);
    }

    private static final class Item {
        private int value;

        Item(int value) {
            this.value = value;
        }
    }
}
