package dev.corio.bench.micro;

import dev.corio.channel.LocalChannel;
import dev.corio.core.Core;
import dev.corio.core.Suspension;
import dev.corio.core.Task;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/// An item goes to another task and comes back: a score is one round, with two switches of tasks.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PingPong {
    private static final int BATCH = 100_000;
    private static final Integer ITEM = 1;

    /// Two tasks of one core.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void localChannel(OneCore one) throws InterruptedException, ExecutionException {
        one.run(() -> {
            LocalChannel<Integer> there = LocalChannel.bounded(1);
            LocalChannel<Integer> back = LocalChannel.bounded(1);
            Task<Void> echo =
                    one.core()
                            .spawn(
                                    "echo",
                                    () -> {
                                        for (int i = 0; i < BATCH; i++) {
                                            back.send(received(there));
                                        }
                                    });
            for (int i = 0; i < BATCH; i++) {
                there.send(ITEM);
                received(back);
            }
            echo.join();
        });
    }

    /// The same two switches with nothing handed over: the floor.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void suspension(OneCore one) throws InterruptedException, ExecutionException {
        one.run(() -> {
            Core core = one.core();
            Suspension there = new Suspension(core, "there");
            Suspension back = new Suspension(core, "back");
            Task<Void> echo =
                    core.spawn(
                            "echo",
                            () -> {
                                for (int i = 0; i < BATCH; i++) {
                                    there.await();
                                    back.resume();
                                }
                            });
            for (int i = 0; i < BATCH; i++) {
                there.resume();
                back.await();
            }
            echo.join();
        });
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void arrayBlockingQueue() throws InterruptedException {
        play(new ArrayBlockingQueue<>(1), new ArrayBlockingQueue<>(1));
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void linkedTransferQueue() throws InterruptedException {
        play(new LinkedTransferQueue<>(), new LinkedTransferQueue<>());
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void synchronousQueue() throws InterruptedException {
        play(new SynchronousQueue<>(), new SynchronousQueue<>());
    }

    private static Integer received(LocalChannel<Integer> channel) throws InterruptedException {
        Integer item = channel.receive();
        if (item == null) {
            throw new IllegalStateException("closed");
        }
        return item;
    }

    /// On virtual threads of the JDK's default scheduler, which may run them on two CPUs.
    private static void play(BlockingQueue<Integer> there, BlockingQueue<Integer> back)
            throws InterruptedException {
        JdkBatch.run(() -> {
            Thread echo = Thread.ofVirtual().start(() -> echo(there, back));
            for (int i = 0; i < BATCH; i++) {
                there.put(ITEM);
                back.take();
            }
            echo.join();
        });
    }

    private static void echo(BlockingQueue<Integer> there, BlockingQueue<Integer> back) {
        try {
            for (int i = 0; i < BATCH; i++) {
                back.put(there.take());
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
