package dev.corio.bench.alternatives;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.Ring;
import dev.corio.uring.RingFeature;
import dev.corio.uring.RingFeatures;
import dev.corio.uring.RingOptions;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// Waking a thread that sleeps in `io_uring_enter`, until it has seen the completion: rings alone,
/// with no core around them. The p50 and the p99 are what counts. Needs two CPUs to say much.
///
/// Corio writes to an eventfd which the sleeper's ring is reading. Any thread can do that, on every
/// kernel that has io_uring.
///
/// - `IORING_OP_MSG_RING` posts the completion straight into the sleeper's ring (Linux 5.18). The
///   waker needs a ring of its own to submit it from, so threads that are no core would still need
///   the eventfd, and old kernels too: a second way beside the first one, which has to be the
///   quicker by something that can be measured.
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RingWakeUp {
    /// Long enough for the one who is woken to fall asleep again.
    private static final long REST_NANOS = 100_000;

    private static final int ENTRIES = 8;

    /// A thread that sleeps in its ring between two invocations.
    abstract static class Sleeper {
        private final CountDownLatch open = new CountDownLatch(1);
        private final Thread thread = new Thread(this::sleepAgainAndAgain, "sleeper");
        private volatile int ringFd;
        private volatile boolean begun;
        private volatile boolean ended;
        private volatile @Nullable IOException failure;

        abstract void wake();

        /// What must be in the ring before it sleeps.
        abstract void prepareToSleep(Ring ring);

        final int ringFd() {
            return ringFd;
        }

        final void start() throws IOException, InterruptedException {
            thread.start();
            open.await();
            IOException reason = failure;
            if (reason != null) {
                throw reason;
            }
        }

        final void end() throws InterruptedException {
            ended = true;
            wake();
            thread.join();
        }

        /// Lets it fall asleep.
        @Setup(Level.Invocation)
        public void rest() {
            LockSupport.parkNanos(REST_NANOS);
        }

        @SuppressWarnings("ThreadPriorityCheck") // the sleeper may be at home on the same CPU
        final void wakeAndAwait() {
            begun = false;
            wake();
            while (!begun) {
                Thread.yield();
            }
        }

        private void sleepAgainAndAgain() {
            try (Ring ring = openRing()) {
                ringFd = ring.fd();
                while (!ended) {
                    prepareToSleep(ring);
                    open.countDown();
                    ring.submitAndWait(-1);
                    if (ring.completions().drain((userData, result, flags) -> {}, ENTRIES) > 0) {
                        begun = true;
                    }
                }
            } catch (IOException e) {
                failure = e;
                open.countDown();
            }
        }
    }

    /// Its ring reads an eventfd.
    @State(Scope.Benchmark)
    public static class OnEventfd extends Sleeper {
        private final Arena arena = Arena.ofShared();
        private final long one = arena.allocateFrom(JAVA_LONG, 1).address();
        private final long count = arena.allocate(JAVA_LONG).address();
        private int eventfd;

        /// Starts it.
        @Setup
        public void open() throws IOException, InterruptedException {
            eventfd = Linux.eventfd(0, Linux.EFD_CLOEXEC);
            if (eventfd < 0) {
                throw new SyscallException("eventfd", -eventfd);
            }
            start();
        }

        @Override
        void prepareToSleep(Ring ring) {
            next(ring).read(eventfd, count, Long.BYTES, -1);
        }

        @Override
        void wake() {
            Linux.signal(eventfd, one);
        }

        /// Ends it.
        @TearDown
        public void close() throws InterruptedException {
            end();
            Linux.close(eventfd);
            arena.close();
        }
    }

    /// Another ring posts into its own.
    @State(Scope.Benchmark)
    public static class OnMessage extends Sleeper {
        @SuppressWarnings("NullAway.Init") // JMH calls open first
        private Ring waker;

        /// Starts it, and opens the ring of the thread that wakes.
        @Setup
        public void open() throws IOException, InterruptedException {
            waker = openRing();
            if (!waker.features().has(RingFeature.MSG_RING)) {
                throw new IOException("a message from ring to ring needs Linux 5.18");
            }
            start();
        }

        @Override
        void prepareToSleep(Ring ring) {
            // The message comes from outside.
        }

        @Override
        void wake() {
            next(waker).msgRing(ringFd(), 0, 1, 0).skipSuccess();
            waker.submit();
        }

        /// Ends it.
        @TearDown
        public void close() throws InterruptedException {
            end();
            waker.close();
        }
    }

    /// A write to an eventfd.
    @Benchmark
    public void corio(OnEventfd sleeper) {
        sleeper.wakeAndAwait();
    }

    /// A message from ring to ring.
    @Benchmark
    public void msgRing(OnMessage sleeper) {
        sleeper.wakeAndAwait();
    }

    private static Ring openRing() throws IOException {
        return Ring.open(new RingOptions(ENTRIES, ENTRIES, RingFeatures.probe()));
    }

    private static Sqe next(Ring ring) {
        Sqe sqe = ring.submissions().next();
        if (sqe == null) {
            throw new IllegalStateException("each submission was submitted before the next");
        }
        return sqe;
    }
}
