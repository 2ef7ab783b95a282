package dev.corio.core;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// Calls that would block a core, on a few threads beside the cores: name resolution, a file system
/// without asynchronous calls, a library that knows nothing of us.
///
/// The pool has a limit. When all its threads are busy the *task* waits for its turn; the core goes
/// on.
///
/// **Threading:** [#call] is for tasks, on any core.
public final class Blocking implements AutoCloseable {
    private final ExecutorService threads;
    private final Semaphore turns;

    Blocking(int threadsMax) {
        // Daemons that end when idle cost nothing while nobody calls.
        threads =
                Executors.newCachedThreadPool(
                        Thread.ofPlatform().name("corio-blocking-", 0).daemon().factory());
        turns = new Semaphore(threadsMax, true);
    }

    /// Runs `body` on a thread of the pool and suspends the calling task until it is done.
    ///
    /// @throws InterruptedException when the task is interrupted while it waits; the body goes on,
    ///   and what it answers is dropped
    /// @throws Exception what `body` throws
    public static <T> T call(Callable<T> body) throws Exception {
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
        Blocking blocking = core.blocking();
        blocking.turns.acquireUninterruptibly();
        CompletableFuture<Void> outcome = new CompletableFuture<>();
        blocking.begin(
                () -> {
                    body.run();
                    return null;
                },
                outcome);
        outcome.join();
    }

    private <T> T submitAndJoin(Callable<T> body) throws Exception {
        CompletableFuture<T> outcome = new CompletableFuture<>();
        turns.acquire();
        begin(body, outcome);
        try {
            return outcome.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    private <T extends @Nullable Object> void begin(
            Callable<T> body, CompletableFuture<T> outcome) {
        try {
            threads.execute(() -> {
                try {
                    outcome.complete(body.call());
                } catch (Throwable e) {
                    outcome.completeExceptionally(e);
                } finally {
                    turns.release();
                }
            });
        } catch (RejectedExecutionException e) {
            turns.release();
            throw e;
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
