package dev.corio.bench.micro;

import dev.corio.channel.CrossCoreChannel;
import dev.corio.channel.LocalChannel;
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
import org.openjdk.jmh.infra.Blackhole;

/// One thread that puts an item in and takes it out again, where neither has to wait: what a
/// channel costs when it is only passed. A score is one send and one receive.
///
/// Queues and items end in a [Blackhole]: one that the compiler sees to stay in the method is no
/// object any more.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SendReceive {
    private static final int BATCH = 1_000_000;
    private static final int CAPACITY = 64;
    private static final Integer ITEM = 1;

    /// Between tasks of one core.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void localChannel(OneCore one, Blackhole end)
            throws InterruptedException, ExecutionException {
        one.run(() -> {
            LocalChannel<Integer> channel = LocalChannel.bounded(CAPACITY);
            end.consume(channel);
            for (int i = 0; i < BATCH; i++) {
                channel.send(ITEM);
                end.consume(channel.receive());
            }
        });
    }

    /// The channel between cores, here used on one.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void crossCoreChannel(OneCore one, Blackhole end)
            throws InterruptedException, ExecutionException {
        one.run(() -> {
            CrossCoreChannel<Integer> channel =
                    CrossCoreChannel.spsc(one.core(), one.core(), CAPACITY);
            end.consume(channel);
            for (int i = 0; i < BATCH; i++) {
                channel.send(ITEM);
                end.consume(channel.receive());
            }
        });
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void arrayBlockingQueue(Blackhole end) throws InterruptedException {
        pass(new ArrayBlockingQueue<>(CAPACITY), end);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void linkedTransferQueue(Blackhole end) throws InterruptedException {
        pass(new LinkedTransferQueue<>(), end);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void jctoolsSpsc(Blackhole end) throws InterruptedException {
        pass(new SpscVarHandleArrayQueue<>(CAPACITY), end);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void jctoolsMpsc(Blackhole end) throws InterruptedException {
        pass(new MpscVarHandleArrayQueue<>(CAPACITY), end);
    }

    private static void pass(BlockingQueue<Integer> queue, Blackhole end)
            throws InterruptedException {
        end.consume(queue);
        JdkBatch.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                queue.put(ITEM);
                end.consume(queue.take());
            }
        });
    }

    private static void pass(MessagePassingQueue<Integer> queue, Blackhole end)
            throws InterruptedException {
        end.consume(queue);
        JdkBatch.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                if (!queue.offer(ITEM)) {
                    throw new IllegalStateException("the queue is full");
                }
                end.consume(queue.poll());
            }
        });
    }
}
