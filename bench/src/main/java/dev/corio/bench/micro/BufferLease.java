package dev.corio.bench.micro;

import dev.corio.core.IoBuffer;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/// Taking a buffer of 16 KiB and giving it back.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BufferLease {
    private static final int BATCH = 100_000;

    /// From the pool of a core.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void corio(OneCore one) throws InterruptedException, ExecutionException {
        one.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                IoBuffer.lease().close();
            }
        });
    }

    /// From the heap, which the collector pays for.
    @Benchmark
    public ByteBuffer heap() {
        return ByteBuffer.allocate(16 << 10);
    }
}
