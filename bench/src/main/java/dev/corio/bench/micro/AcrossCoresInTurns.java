package dev.corio.bench.micro;

import dev.corio.channel.CrossCoreChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jctools.queues.varhandle.SpscVarHandleArrayQueue;

/// Channels between cores and bare queues in turns in one JVM, in another order each round, so that
/// the ratio to the bare queue of the same round says something although the speed of all of them
/// wanders.
///
/// **Threading:** confined to one thread.
public final class AcrossCoresInTurns {
    /// What carries the items, made anew for each turn.
    private record Way(String name, Function<TwoCores, Stream> stream) {}

    /// The first is the yardstick.
    private static final List<Way> WAYS =
            List.of(
                    new Way("JCTools SPSC, batches", two -> Stream.inBatches(bareSpsc())),
                    new Way("CrossCoreChannel.spsc, batches", two -> Stream.inBatches(spsc(two))),
                    new Way("JCTools MPSC, batches", two -> Stream.inBatches(bareMpsc())),
                    new Way("CrossCoreChannel.mpsc, batches", two -> Stream.inBatches(mpsc(two))),
                    new Way("JCTools SPSC, one by one", two -> Stream.oneByOne(bareSpsc())),
                    new Way("CrossCoreChannel.spsc, one by one", two -> Stream.oneByOne(spsc(two))),
                    new Way(
                            "CrossCoreChannel.mpsc, one by one",
                            two -> Stream.oneByOne(mpsc(two))));

    /// How fast one way was, in items per microsecond, round by round.
    public record Speeds(String way, List<Double> ofRounds) {}

    private AcrossCoresInTurns() {}

    /// Runs rounds until enough of them count.
    ///
    /// @param warmup rounds that do not count
    /// @param beginning told of each round that counts, from 0 on
    /// @return one for each way, the yardstick first
    public static List<Speeds> run(
            int rounds, int warmup, int items, Random random, IntConsumer beginning)
            throws IOException, InterruptedException, ExecutionException {
        List<Speeds> speeds = new ArrayList<>();
        List<Integer> order = new ArrayList<>();
        for (Way way : WAYS) {
            order.add(speeds.size());
            speeds.add(new Speeds(way.name, new ArrayList<>()));
        }
        TwoCores two = new TwoCores();
        two.start();
        try {
            for (int round = -warmup; round < rounds; round++) {
                if (round >= 0) {
                    beginning.accept(round);
                }
                Collections.shuffle(order, random);
                for (int way : order) {
                    Stream stream = WAYS.get(way).stream.apply(two);
                    long begin = System.nanoTime();
                    stream.run(two, items);
                    double perMicro = items * 1000.0 / (System.nanoTime() - begin);
                    if (round >= 0) {
                        speeds.get(way).ofRounds.add(perMicro);
                    }
                }
            }
        } finally {
            two.close();
        }
        return speeds;
    }

    private static SpscVarHandleArrayQueue<Integer> bareSpsc() {
        return new SpscVarHandleArrayQueue<>(Stream.CAPACITY);
    }

    private static MpscVarHandleArrayQueue<Integer> bareMpsc() {
        return new MpscVarHandleArrayQueue<>(Stream.CAPACITY);
    }

    private static CrossCoreChannel<Integer> spsc(TwoCores two) {
        return CrossCoreChannel.spsc(two.sender(), two.receiver(), Stream.CAPACITY);
    }

    private static CrossCoreChannel<Integer> mpsc(TwoCores two) {
        return CrossCoreChannel.mpsc(two.receiver(), Stream.CAPACITY);
    }
}
