package dev.corio.bench.micro;

import dev.corio.core.Core;
import dev.corio.core.CoreCall;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
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

/// A question from one core to another and its answer, for which the asking task waits. Needs two
/// CPUs.
///
/// With `spinMicros` 0 both cores go to sleep between, so a score is two wake-ups by the kernel.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CoreRoundTrip {
    private static final int BATCH = 10_000;

    /// The first core asks the second.
    @State(Scope.Benchmark)
    public static class TwoCores {
        /// `CoreOptions.spin`.
        @Param({"0", "20"})
        public int spinMicros;

        @SuppressWarnings("NullAway.Init") // JMH calls start first
        private Cores cores;

        private long answered;

        /// Starts the machine's cores.
        @Setup
        public void start() throws IOException {
            Duration spin = Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(spinMicros));
            cores = Cores.start(CoreOptions.defaults().spin(spin));
            if (cores.size() < 2) {
                cores.close();
                throw new IllegalStateException("two cores are needed, and one CPU may be used");
            }
        }

        /// Ends them.
        @TearDown
        public void close() {
            cores.close();
        }
    }

    /// One call object, used again.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void corio(TwoCores two) throws InterruptedException, ExecutionException {
        Core answers = two.cores.core(1);
        CoreCall<Boolean> call = CoreCall.of("count", () -> ++two.answered > 0);
        two.cores
                .core(0)
                .spawn(
                        "asks",
                        () -> {
                            for (int i = 0; i < BATCH; i++) {
                                call.await(answers);
                            }
                        })
                .join();
    }

    /// Two virtual threads on the JDK's default scheduler, which may run them on one CPU.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void jdk() throws InterruptedException {
        SynchronousQueue<Boolean> questions = new SynchronousQueue<>();
        SynchronousQueue<Boolean> answers = new SynchronousQueue<>();
        JdkBatch.run(() -> {
            Thread other = Thread.ofVirtual().start(() -> answer(questions, answers));
            for (int i = 0; i < BATCH; i++) {
                questions.put(true);
                answers.take();
            }
            other.join();
        });
    }

    /// What the machine itself needs: two threads, a word for each direction, and nothing else.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void bareWords() throws InterruptedException {
        // A cache line for each, and the ones that are fetched along.
        AtomicLongArray words = new AtomicLongArray(64);
        Thread other =
                Thread.ofPlatform()
                        .start(() -> {
                            for (int i = 1; i <= BATCH; i++) {
                                awaitWord(words, 16, i);
                                words.set(48, i);
                            }
                        });
        for (int i = 1; i <= BATCH; i++) {
            words.set(16, i);
            awaitWord(words, 48, i);
        }
        other.join();
    }

    private static void awaitWord(AtomicLongArray words, int index, long value) {
        while (words.get(index) != value) {
            Thread.onSpinWait();
        }
    }

    private static void answer(
            SynchronousQueue<Boolean> questions, SynchronousQueue<Boolean> answers) {
        try {
            for (int i = 0; i < BATCH; i++) {
                answers.put(questions.take());
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
