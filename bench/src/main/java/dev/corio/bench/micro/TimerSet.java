package dev.corio.bench.micro;

import dev.corio.core.Core;
import dev.corio.core.Timer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// Setting a timeout and cancelling it again, which is what nearly all timeouts come to, while many
/// others are set, all at the times of [TimerDelays].
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TimerSet {
    private static final int BATCH = 100_000;

    /// The timers that are set all the while.
    @State(Scope.Benchmark)
    public static class Delays {
        /// How many others are set.
        @Param({"0", "1000000"})
        public int others;

        final TimerDelays delays = new TimerDelays();
    }

    /// Timers of a core.
    @State(Scope.Benchmark)
    public static class OnCore {
        private final Timer timer = new Silent();

        /// Sets the others.
        @Setup
        public void setOthers(OneCore one, Delays delays)
                throws InterruptedException, ExecutionException {
            Core core = one.core();
            one.run(() ->
                    delays.delays.forEachOther(
                            delays.others, delay -> core.arm(new Silent(), delay)));
        }
    }

    /// The JDK's scheduled executor, told to forget cancelled ones at once.
    @State(Scope.Benchmark)
    public static class OnExecutor {
        private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);

        /// Sets the others.
        @Setup
        public void setOthers(Delays delays) {
            executor.setRemoveOnCancelPolicy(true);
            delays.delays.forEachOther(
                    delays.others,
                    delay -> {
                        ScheduledFuture<?> _ =
                                executor.schedule(() -> {}, delay.toNanos(), TimeUnit.NANOSECONDS);
                    });
        }

        /// Ends it.
        @TearDown
        public void close() {
            executor.shutdownNow();
        }
    }

    /// `Core.arm` and `Core.disarm`.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void corio(OneCore one, Delays delays, OnCore state)
            throws InterruptedException, ExecutionException {
        Core core = one.core();
        one.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                core.arm(state.timer, delays.delays.at(i));
                core.disarm(state.timer);
            }
        });
    }

    /// `schedule` and `cancel`.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void scheduledExecutor(Delays delays, OnExecutor state) {
        for (int i = 0; i < BATCH; i++) {
            state.executor
                    .schedule(() -> {}, delays.delays.at(i).toNanos(), TimeUnit.NANOSECONDS)
                    .cancel(false);
        }
    }

    private static final class Silent extends Timer {
        @Override
        protected void fired() {}
    }
}
