package dev.corio.channel;

import dev.corio.core.UnstartedCore;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// A batch of three meets the closing of its channel. Results: how many were accepted, how many
/// received.
@JCStressTest
@State
@Outcome(
        id = {"0, 0", "1, 1", "2, 2", "3, 3"},
        expect = Expect.ACCEPTABLE,
        desc = "Accepted and received.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Lost, or received and said not to be.")
public class CrossCoreChannelClosingBatch {
    private static final Integer[] ITEMS = {1, 2, 3};

    private final CrossCoreChannel<Integer> channel =
            CrossCoreChannel.spsc(UnstartedCore.INSTANCE, UnstartedCore.INSTANCE, 4);

    @Actor
    public void sender(II_Result result) {
        try {
            result.r1 = channel.trySendMany(ITEMS, 0, ITEMS.length);
        } catch (ClosedException e) {
            result.r1 = 0;
        }
    }

    @Actor
    public void receiver(II_Result result) {
        channel.close();
        while (!channel.isDrained()) {
            if (channel.tryReceive() != null) {
                result.r2++;
            }
        }
    }
}
