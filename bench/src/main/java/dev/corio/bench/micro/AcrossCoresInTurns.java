package dev.corio.bench.micro;

import dev.corio.channel.CrossCoreChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jctools.queues.varhandle.SpscVarHandleArrayQueue;

/// Channels between cores and bare queues in turns in one JVM, in another order each round, so that
/// the ratio to the bare queue of the same round says something although the speed of all of them
/// wanders.
///
/// **Threading:** confined to one thread.
public final class AcrossCoresInTurns {
    /// What carries the items.
    public enum Way {
        /// The yardstick.
        BARE_SPSC_BATCHES(
                "JCTools SPSC, batches",
                two -> Stream.inBatches(new SpscVarHandleArrayQueue<>(Stream.CAPACITY))),
        SPSC_BATCHES(
                "CrossCoreChannel.spsc, batches",
                two ->
                        Stream.inBatches(
                                CrossCoreChannel.spsc(
                                        two.sender(), two.receiver(), Stream.CAPACITY))),
        BARE_MPSC_BATCHES(
                "JCTools MPSC, batches",
                two -> Stream.inBatches(new MpscVarHandleArrayQueue<>(Stream.CAPACITY))),
        MPSC_BATCHES(
                "CrossCoreChannel.mpsc, batches",
                two -> Stream.inBatches(CrossCoreChannel.mpsc(two.receiver(), Stream.CAPACITY))),
        BARE_SPSC_SINGLE(
                "JCTools SPSC, one by one",
                two -> Stream.oneByOne(new SpscVarHandleArrayQueue<>(Stream.CAPACITY))),
        SPSC_SINGLE(
                "CrossCoreChannel.spsc, one by one",
                two ->
                        Stream.oneByOne(
                                CrossCoreChannel.spsc(
                                        two.sender(), two.receiver(), Stream.CAPACITY))),
        MPSC_SINGLE(
                "CrossCoreChannel.mpsc, one by one",
                two -> Stream.oneByOne(CrossCoreChannel.mpsc(two.receiver(), Stream.CAPACITY)));

        private final String label;
        private final Function<TwoCores, Stream> stream;

        Way(String label, Function<TwoCores, Stream> stream) {
            this.label = label;
            this.stream = stream;
        }

        @Override
        public String toString() {
            return label;
        }
    }

    private AcrossCoresInTurns() {}

    /// Runs rounds until enough of them count.
    ///
    /// @param warmup rounds that do not count
    /// @param told of each round, by its number, and whether it counts
    /// @return items per microsecond, for each way and in the order of the rounds
    public static Map<Way, List<Double>> run(
            int rounds, int warmup, int items, Random random, BiConsumer<Integer, Boolean> told)
            throws IOException, InterruptedException, ExecutionException {
        Map<Way, List<Double>> speeds = new EnumMap<>(Way.class);
        List<Way> order = new ArrayList<>(List.of(Way.values()));
        order.forEach(way -> speeds.put(way, new ArrayList<>()));
        TwoCores two = new TwoCores();
        two.start();
        try {
            for (int round = -warmup; round < rounds; round++) {
                told.accept(round, round >= 0);
                Collections.shuffle(order, random);
                for (Way way : order) {
                    Stream stream = way.stream.apply(two);
                    long begin = System.nanoTime();
                    stream.run(two, items);
                    double perMicro = items * 1000.0 / (System.nanoTime() - begin);
                    if (round >= 0) {
                        speeds.get(way).add(perMicro);
                    }
                }
            }
        } finally {
            two.close();
        }
        return speeds;
    }
}
