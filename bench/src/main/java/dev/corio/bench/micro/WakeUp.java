package dev.corio.bench.micro;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// A plain thread hands work to who sleeps, until the work begins: the p50 and the p99 are what
/// counts. Needs two CPUs to say much.
///
/// The thread looks for the beginning without sleeping itself, and gives way between looks, as the
/// sleeper may be at home on the same CPU.
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class WakeUp {
    /// Long enough for the one who is woken to fall asleep again.
    private static final long REST_NANOS = 100_000;

    /// One that sleeps between two invocations.
    abstract static class Sleeper {
        private volatile boolean begun;

        abstract void wake();

        /// Lets it fall asleep.
        @Setup(Level.Invocation)
        public void rest() {
            LockSupport.parkNanos(REST_NANOS);
        }

        final void begin() {
            begun = true;
        }

        @SuppressWarnings("ThreadPriorityCheck") // gives way, see above
        final void wakeAndAwait() {
            begun = false;
            wake();
            while (!begun) {
                Thread.yield();
            }
        }
    }

    /// A core that does not spin, on the driver of `corio.driver`.
    @State(Scope.Benchmark)
    public static class SleepingCore extends Sleeper {
        private final Runnable work = this::begin;

        @SuppressWarnings("NullAway.Init") // JMH calls start first
        private Cores cores;

        @SuppressWarnings("NullAway.Init") // JMH calls start first
        private Core core;

        /// Starts it.
        @Setup
        public void start() throws IOException {
            cores = Cores.start(CoreOptions.defaults().spin(Duration.ZERO));
            core = cores.core(cores.size() - 1);
        }

        @Override
        void wake() {
            core.execute(work);
        }

        /// Ends it.
        @TearDown
        public void close() {
            cores.close();
        }
    }

    /// A virtual thread that is parked, on the JDK's default scheduler.
    @State(Scope.Benchmark)
    public static class ParkedThread extends Sleeper {
        private volatile boolean ended;

        @SuppressWarnings("NullAway.Init") // JMH calls start first
        private Thread thread;

        /// Starts it.
        @Setup
        public void start() {
            thread = Thread.ofVirtual().start(this::beginAgainAndAgain);
        }

        @Override
        void wake() {
            LockSupport.unpark(thread);
        }

        /// Ends it.
        @TearDown
        public void end() throws InterruptedException {
            ended = true;
            LockSupport.unpark(thread);
            thread.join();
        }

        private void beginAgainAndAgain() {
            while (!ended) {
                LockSupport.park();
                begin();
            }
        }
    }

    /// `Core.execute` from a plain thread.
    @Benchmark
    public void corio(SleepingCore sleeper) {
        sleeper.wakeAndAwait();
    }

    /// `LockSupport.unpark` of a virtual thread, by a plain one.
    @Benchmark
    public void jdk(ParkedThread sleeper) {
        sleeper.wakeAndAwait();
    }
}
