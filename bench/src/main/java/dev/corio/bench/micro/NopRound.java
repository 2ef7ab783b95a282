package dev.corio.bench.micro;

import dev.corio.core.Core;
import dev.corio.core.Operation;
import dev.corio.uring.Sqe;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/// The way to the kernel and back with nothing to do there: submit, suspend, enter, complete,
/// resume.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NopRound {
    private static final int BATCH = 20_000;

    /// One no-op at a time, so each pays for a system call of its own.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void await(OneCore one) throws InterruptedException, ExecutionException {
        Core core = one.core();
        one.run(() -> {
            Nop nop = new Nop();
            for (int i = 0; i < BATCH; i++) {
                core.await(nop);
            }
        });
    }

    private static final class Nop extends Operation {
        Nop() {
            super(null);
        }

        @Override
        protected void prepare(Sqe sqe) {
            sqe.nop();
        }

        @Override
        public String toString() {
            return "nop";
        }
    }
}
