package dev.corio.bench.alternatives;

import dev.corio.bench.micro.OneCore;
import dev.corio.bench.micro.TimerDelays;
import dev.corio.core.Core;
import dev.corio.core.Timer;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// What keeps the timeouts of a core: setting one and cancelling it again, which is what nearly all
/// timeouts come to, while others are set, one to two hours away.
///
/// Corio has a binary heap whose timers know their place in it. It allocates nothing, and its first
/// element says how long the core may sleep.
///
/// - [PriorityQueue] is the same heap, but its elements do not know where they are: cancelling
///   searches all of them. To mark what is cancelled, and to sweep when that is half of all, needs
///   a new object for each setting, and the sweep stops the core.
/// - A hashed wheel sets and cancels with a few stores, however many there are. But it has to go
///   round: [#wheelTick] is what a core would pay a thousand times a second where it now sleeps
///   until something happens, and deadlines are a tick coarse. Linux's hierarchy of wheels has less
///   to walk through, and gives up more of the resolution.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TimerQueues {
    private static final int BATCH = 100_000;

    /// Searching takes its time.
    private static final int SMALL_BATCH = 100;

    private static final int TICKS = 4096;

    /// The others.
    @State(Scope.Benchmark)
    public static class Others {
        /// How many are set all the while.
        @Param({"0", "1000", "1000000"})
        public int others;

        final TimerDelays delays = new TimerDelays();

        void forEachDelay(Consumer<Duration> action) {
            delays.forEachOther(others, action);
        }
    }

    /// Corio's.
    @State(Scope.Benchmark)
    public static class OnCore {
        private final Timer timer = new Silent();

        /// Sets the others.
        @Setup
        public void set(OneCore one, Others others)
                throws InterruptedException, ExecutionException {
            Core core = one.core();
            one.run(() -> others.forEachDelay(delay -> core.arm(new Silent(), delay)));
        }
    }

    /// The JDK's heap.
    @State(Scope.Benchmark)
    public static class OnHeap {
        private final PriorityQueue<Due> queue = new PriorityQueue<>();
        private int cancelled;

        /// Sets the others.
        @Setup
        public void set(Others others) {
            others.forEachDelay(delay -> queue.add(new Due(deadline(delay))));
        }

        void mark(Due due) {
            due.isCancelled = true;
            if (++cancelled > queue.size() / 2) {
                queue.removeIf(each -> each.isCancelled);
                cancelled = 0;
            }
        }
    }

    /// The wheel.
    @State(Scope.Benchmark)
    public static class OnWheel {
        private final TimingWheel wheel = new TimingWheel();
        private final TimingWheel.Timeout timeout = new TimingWheel.Timeout();
        private final long nowNanos = System.nanoTime();

        /// Sets the others.
        @Setup
        public void set(Others others) {
            others.forEachDelay(delay -> wheel.arm(new TimingWheel.Timeout(), deadline(delay)));
        }
    }

    /// `Core.arm` and `Core.disarm`.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void corio(OneCore one, Others others, OnCore state)
            throws InterruptedException, ExecutionException {
        Core core = one.core();
        one.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                core.arm(state.timer, others.delays.at(i));
                core.disarm(state.timer);
            }
        });
    }

    /// The JDK's heap, searched.
    @Benchmark
    @OperationsPerInvocation(SMALL_BATCH)
    public void priorityQueue(OneCore one, Others others, OnHeap state)
            throws InterruptedException, ExecutionException {
        one.run(() -> {
            Due due = new Due(0);
            for (int i = 0; i < SMALL_BATCH; i++) {
                due.deadlineNanos = deadline(others.delays.at(i));
                state.queue.add(due);
                state.queue.remove(due);
            }
        });
    }

    /// The JDK's heap, swept.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void priorityQueueMarked(OneCore one, Others others, OnHeap state)
            throws InterruptedException, ExecutionException {
        one.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                Due due = new Due(deadline(others.delays.at(i)));
                state.queue.add(due);
                state.mark(due);
            }
        });
    }

    /// The wheel.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void wheel(OneCore one, Others others, OnWheel state)
            throws InterruptedException, ExecutionException {
        one.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                state.wheel.arm(state.timeout, deadline(others.delays.at(i)));
                state.wheel.cancel(state.timeout);
            }
        });
    }

    /// A tick of the wheel in which nothing is due.
    @Benchmark
    @OperationsPerInvocation(TICKS)
    public int wheelTick(OnWheel state) {
        int fired = 0;
        for (int i = 0; i < TICKS; i++) {
            fired += state.wheel.tick(state.nowNanos);
        }
        return fired;
    }

    private static long deadline(Duration delay) {
        return System.nanoTime() + delay.toNanos();
    }

    private static final class Silent extends Timer {
        @Override
        protected void fired() {}
    }

    static final class Due implements Comparable<Due> {
        private long deadlineNanos;
        private boolean isCancelled;

        Due(long deadlineNanos) {
            this.deadlineNanos = deadlineNanos;
        }

        @Override
        public int compareTo(Due other) {
            return Long.signum(deadlineNanos - other.deadlineNanos);
        }
    }
}
