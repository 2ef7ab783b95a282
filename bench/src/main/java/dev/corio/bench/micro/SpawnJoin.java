package dev.corio.bench.micro;

import dev.corio.core.Core;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/// A task that starts another one and waits for its end.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SpawnJoin {
    private static final int BATCH = 10_000;

    /// Two tasks of one core.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void corio(OneCore one) throws InterruptedException, ExecutionException {
        Core core = one.core();
        one.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                core.spawn("child", () -> {}).join();
            }
        });
    }

    /// Two virtual threads on the JDK's default scheduler.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void jdk() throws InterruptedException {
        JdkBatch.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                Thread.ofVirtual().name("child").start(() -> {}).join();
            }
        });
    }
}
