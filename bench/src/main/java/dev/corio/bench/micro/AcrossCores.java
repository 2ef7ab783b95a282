package dev.corio.bench.micro;

import dev.corio.channel.CrossCoreChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import org.jctools.queues.varhandle.SpscVarHandleArrayQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/// Items that stream from one core to another as fast as both can: a score is items per
/// microsecond. The JVMs that JMH starts differ by more than these do; [AcrossCoresInTurns]
/// compares within one.
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class AcrossCores {
    private static final int ITEMS = 2_000_000;

    /// In batches, from a task to a task.
    @Benchmark
    @OperationsPerInvocation(ITEMS)
    public void spscInBatches(TwoCores two) throws InterruptedException, ExecutionException {
        Stream.inBatches(spsc(two)).run(two, ITEMS);
    }

    /// Item by item.
    @Benchmark
    @OperationsPerInvocation(ITEMS)
    public void spscOneByOne(TwoCores two) throws InterruptedException, ExecutionException {
        Stream.oneByOne(spsc(two)).run(two, ITEMS);
    }

    /// The bare queue between the same two threads.
    @Benchmark
    @OperationsPerInvocation(ITEMS)
    public void jctoolsSpscInBatches(TwoCores two) throws InterruptedException, ExecutionException {
        Stream.inBatches(new SpscVarHandleArrayQueue<>(Stream.CAPACITY)).run(two, ITEMS);
    }

    @Benchmark
    @OperationsPerInvocation(ITEMS)
    public void arrayBlockingQueue(TwoCores two) throws InterruptedException, ExecutionException {
        Stream.oneByOne(new ArrayBlockingQueue<>(Stream.CAPACITY)).run(two, ITEMS);
    }

    @Benchmark
    @OperationsPerInvocation(ITEMS)
    public void linkedTransferQueue(TwoCores two) throws InterruptedException, ExecutionException {
        Stream.oneByOne(new LinkedTransferQueue<>()).run(two, ITEMS);
    }

    private static CrossCoreChannel<Integer> spsc(TwoCores two) {
        return CrossCoreChannel.spsc(two.sender(), two.receiver(), Stream.CAPACITY);
    }
}
