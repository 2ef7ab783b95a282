package dev.corio.core;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Threads that outlive the core they were scheduled by: virtual threads that a task started, and
/// that nobody waited for. Whoever joins one must not wait for ever, so they are run to their end
/// beside the cores, where each call of Corio refuses. How many there are is up to those tasks.
///
/// **Threading:** [#run] is called by one thread at a time.
final class Orphans {
    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final Executor CARRIERS =
            new ThreadPoolExecutor(
                    0,
                    Integer.MAX_VALUE,
                    1,
                    TimeUnit.SECONDS,
                    new SynchronousQueue<>(),
                    Thread.ofPlatform()
                            .name("corio-orphans-", 0)
                            .daemon()
                            .inheritInheritableThreadLocals(false)
                            .factory());

    private final Core core;
    private boolean told;

    Orphans(Core core) {
        this.core = core;
    }

    /// Lets one go on that has become ready.
    void run(Runnable continuation) {
        if (continuation instanceof Doorbell.Answer) {
            // No thread, and what the core was to look at is over with it.
            return;
        }
        if (!told) {
            told = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a thread outlives "
                            + core
                            + ", on which a task started it; it goes on beside the cores, where it"
                            + " can't use them. Wait for such threads: start them in a"
                            + " StructuredTaskScope or an executor that is closed");
        }
        CARRIERS.execute(continuation);
    }
}
