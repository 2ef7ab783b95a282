package dev.corio.core;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Calls that would block a core, on a few threads beside the cores: name resolution, a file system
/// without asynchronous calls, a library that knows nothing of us.
///
/// The pool has a limit ([CoreOptions#blockingThreadsMax]). When all its threads are busy the
/// *task* waits for its turn, in the order of asking; the core goes on. [Cores#dump] tells who
/// waits for a thread and who is on which.
///
/// A failure is thrown as it is. Its stack is that of the pool's thread; what the calling task was
/// doing is added as a suppressed exception.
///
/// When the cores close, bodies that run are interrupted and not waited for, and those that have
/// not begun never will.
///
/// **Threading:** [#call] and [#runUninterruptibly] are for tasks, on any core.
public final class Blocking implements AutoCloseable {
    private static final long IDLE_SECONDS = 60;

    private final ThreadPoolExecutor threads;

    Blocking(int threadsMax) {
        // Daemons that end when idle cost nothing while nobody calls. The queue needs no limit of
        // its own: each entry is a task that waits.
        threads =
                new ThreadPoolExecutor(
                        threadsMax,
                        threadsMax,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Thread.ofPlatform().name("corio-blocking-", 0).daemon().factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /// Runs `body` on a thread of the pool and suspends the calling task until it is done.
    ///
    /// A body that has not begun when the task is interrupted never will. One that runs is
    /// interrupted too, so that its thread comes free if it heeds that; the task does not wait for
    /// it, and what it still answers or throws is dropped.
    ///
    /// @throws InterruptedException when the task is interrupted before the answer is there;
    ///   otherwise the answer is returned and the interrupt kept
    /// @throws RejectedExecutionException when the cores are closed; the body did not run
    /// @throws Exception what `body` throws
    public static <T extends @Nullable Object> T call(Callable<T> body) throws Exception {
        Core core = Core.current();
        SimulatedWorld world = core.world();
        if (world != null && world.setup.closed()) {
            // No other thread may play a part in what a seed decides: it takes its time, here.
            Core.sleep(Duration.ofNanos(world.stepNanos()));
            return body.call();
        }
        return core.blocking().submitAndJoin(body);
    }

    /// Runs `body` on a thread of the pool, in any case and to its end, however often the calling
    /// task is interrupted; the interrupt is kept for its next wait.
    ///
    /// @throws RejectedExecutionException when the cores are closed; the body did not run
    public static void runUninterruptibly(Runnable body) {
        Core core = Core.current();
        if (core.world() != null) {
            // A simulated kernel belongs to its core.
            body.run();
            return;
        }
        core.blocking().submitAndJoinUninterruptibly(body);
    }

    /// Interrupts the bodies that run, and tells those who wait for a thread that there is none.
    @Override
    public void close() {
        for (Runnable each : threads.shutdownNow()) {
            ((BlockingCall<?>) each).cancel(false);
        }
    }

    /// Bodies that wait for a thread.
    int queued() {
        return threads.getQueue().size();
    }

    /// Bodies that are on a thread, about.
    int running() {
        return threads.getActiveCount();
    }

    int threadsMax() {
        return threads.getMaximumPoolSize();
    }

    static RejectedExecutionException refusal() {
        return new RejectedExecutionException(
                "the cores are closed, and their threads for blocking calls; the body did not run");
    }

    private <T extends @Nullable Object> T submitAndJoin(Callable<T> body) throws Exception {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted before a blocking call");
        }
        BlockingCall<T> call = submit(body);
        if (!Parking.awaitElsewhere(call)) {
            if (call.cancel(true)) {
                threads.remove(call);
                throw new InterruptedException("interrupted while waiting for " + call);
            }
            Thread.currentThread().interrupt();
        }
        return call.outcome();
    }

    private void submitAndJoinUninterruptibly(Runnable body) {
        BlockingCall<Boolean> call =
                submit(() -> {
                    body.run();
                    return true;
                });
        boolean interrupted = false;
        while (!Parking.awaitElsewhere(call)) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        try {
            call.outcome();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("a Runnable throws no checked exception", e);
        }
    }

    private <T extends @Nullable Object> BlockingCall<T> submit(Callable<T> body) {
        BlockingCall<T> call = new BlockingCall<>(body);
        try {
            threads.execute(call);
        } catch (RejectedExecutionException e) {
            throw refusal();
        }
        return call;
    }
}
