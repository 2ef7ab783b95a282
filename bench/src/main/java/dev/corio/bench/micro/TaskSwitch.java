package dev.corio.bench.micro;

import dev.corio.core.Task;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/// Two threads that give way to each other: a score is one switch, suspend and resume.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("ThreadPriorityCheck") // the yield is what is measured
public class TaskSwitch {
    private static final int BATCH = 100_000;

    /// Two tasks of one core; each turn of the loop asks the kernel for completions, too.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void corio(OneCore one) throws InterruptedException, ExecutionException {
        one.run(() -> {
            Task<Void> other = one.core().spawn("other", TaskSwitch::yieldHalf);
            yieldHalf();
            other.join();
        });
    }

    /// Two virtual threads on the JDK's default scheduler, which may run them on two CPUs.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void jdk() throws InterruptedException {
        JdkBatch.run(() -> {
            Thread other = Thread.ofVirtual().start(TaskSwitch::yieldHalf);
            yieldHalf();
            other.join();
        });
    }

    private static void yieldHalf() {
        for (int i = 0; i < BATCH / 2; i++) {
            Thread.yield();
        }
    }
}
