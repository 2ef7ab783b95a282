package dev.corio.bench.micro;

import dev.corio.channel.CrossCoreChannel;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jctools.queues.varhandle.SpscVarHandleArrayQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/// Items that stream from one core to another as fast as both can: a score is items per
/// microsecond.
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class AcrossCores {
    private static final int BATCH = 2_000_000;
    private static final int CAPACITY = 1024;
    private static final int AT_ONCE = 128;
    private static final Integer ITEM = 1;

    /// In batches, from a task to a task.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void spscInBatches(TwoCores two) throws InterruptedException, ExecutionException {
        stream(two, CrossCoreChannel.spsc(two.sender(), two.receiver(), CAPACITY));
    }

    /// The same with a queue that takes more than one sender.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void mpscInBatches(TwoCores two) throws InterruptedException, ExecutionException {
        stream(two, CrossCoreChannel.mpsc(two.receiver(), CAPACITY));
    }

    /// Item by item.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void spscOneByOne(TwoCores two) throws InterruptedException, ExecutionException {
        CrossCoreChannel<Integer> channel =
                CrossCoreChannel.spsc(two.sender(), two.receiver(), CAPACITY);
        two.run(
                () -> {
                    for (int i = 0; i < BATCH; i++) {
                        channel.send(ITEM);
                    }
                },
                () -> {
                    for (int i = 0; i < BATCH; i++) {
                        channel.receive();
                    }
                });
    }

    /// The bare queues between the same two threads, which spin: no waiting, no waking, no closing.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void jctoolsSpscInBatches(TwoCores two) throws InterruptedException, ExecutionException {
        stream(two, new SpscVarHandleArrayQueue<>(CAPACITY));
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void jctoolsMpscInBatches(TwoCores two) throws InterruptedException, ExecutionException {
        stream(two, new MpscVarHandleArrayQueue<>(CAPACITY));
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void jctoolsSpscOneByOne(TwoCores two) throws InterruptedException, ExecutionException {
        SpscVarHandleArrayQueue<Integer> queue = new SpscVarHandleArrayQueue<>(CAPACITY);
        two.run(
                () -> {
                    for (int i = 0; i < BATCH; i++) {
                        while (!queue.offer(ITEM)) {
                            Thread.onSpinWait();
                        }
                    }
                },
                () -> {
                    for (int i = 0; i < BATCH; i++) {
                        while (queue.poll() == null) {
                            Thread.onSpinWait();
                        }
                    }
                });
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void arrayBlockingQueue(TwoCores two) throws InterruptedException, ExecutionException {
        stream(two, new ArrayBlockingQueue<>(CAPACITY));
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void linkedTransferQueue(TwoCores two) throws InterruptedException, ExecutionException {
        stream(two, new LinkedTransferQueue<>());
    }

    private static void stream(TwoCores two, CrossCoreChannel<Integer> channel)
            throws InterruptedException, ExecutionException {
        Integer[] items = new Integer[AT_ONCE];
        Arrays.fill(items, ITEM);
        two.run(
                () -> {
                    for (int left = BATCH; left > 0; ) {
                        left -= channel.sendMany(items, 0, Math.min(left, AT_ONCE));
                    }
                },
                () -> {
                    for (int left = BATCH; left > 0; ) {
                        left -= channel.receiveMany(item -> {}, AT_ONCE);
                    }
                });
    }

    private static void stream(TwoCores two, MessagePassingQueue<Integer> queue)
            throws InterruptedException, ExecutionException {
        two.run(
                () -> {
                    for (int left = BATCH; left > 0; ) {
                        int sent = queue.fill(() -> ITEM, Math.min(left, AT_ONCE));
                        left -= sent;
                        if (sent == 0) {
                            Thread.onSpinWait();
                        }
                    }
                },
                () -> {
                    for (int left = BATCH; left > 0; ) {
                        int taken = queue.drain(item -> {}, AT_ONCE);
                        left -= taken;
                        if (taken == 0) {
                            Thread.onSpinWait();
                        }
                    }
                });
    }

    private static void stream(TwoCores two, BlockingQueue<Integer> queue)
            throws InterruptedException, ExecutionException {
        two.run(
                () -> {
                    for (int i = 0; i < BATCH; i++) {
                        queue.put(ITEM);
                    }
                },
                () -> {
                    for (int i = 0; i < BATCH; i++) {
                        queue.take();
                    }
                });
    }
}
