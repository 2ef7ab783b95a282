package dev.corio.channel;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// Four items through two slots, in batches and one by one at either end. Results: the items
/// received, as digits, and how many went in.
@JCStressTest
@State
@Outcome(
        id = {"1234, 4", "123, 3", "12, 2"},
        expect = Expect.ACCEPTABLE,
        desc = "What went in came out, once and in order.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Lost, repeated or out of order.")
public class SpscQueueReuse {
    private static final Integer[] ITEMS = {1, 2, 3, 4};
    private static final int ROUNDS = 4;

    private final SpscQueue<Integer> queue = new SpscQueue<>(2);
    private volatile boolean isOver;
    private int received;

    @Actor
    public void sender(II_Result result) {
        int sent = queue.offerMany(ITEMS, 0, ITEMS.length);
        for (int i = 0; i < ROUNDS && sent < ITEMS.length; i++) {
            sent += queue.offer(ITEMS[sent]) ? 1 : 0;
        }
        result.r2 = sent;
        isOver = true;
    }

    @Actor
    public void receiver(II_Result result) {
        boolean wasOver;
        do {
            wasOver = isOver;
            queue.drain(this::receive, ITEMS.length);
            Integer item = queue.poll();
            if (item != null) {
                receive(item);
            }
        } while (!wasOver);
        queue.drain(this::receive, ITEMS.length);
        result.r1 = received;
    }

    private void receive(Integer item) {
        received = 10 * received + item;
    }
}
