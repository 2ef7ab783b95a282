package dev.corio.core;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/// Threads that outlive the core they were scheduled by: virtual threads that a task started, and
/// that nobody waited for. Whoever joins one must not wait for ever, so they are run to their end
/// beside the cores, where each call of Corio refuses.
///
/// They share [#CARRIERS_MAX] threads. One that blocks its carrier keeps it, and the rest waits,
/// each in one place of the queue at most. When nothing has moved for a second it is said who keeps
/// the carriers, and how many are left waiting.
///
/// **Threading:** [#run] is called by one thread at a time.
final class Orphans {
    private static final System.Logger LOG = LoopLogger.ofCore();
    static final int CARRIERS_MAX = 16;
    private static final long PATIENCE_SECONDS = 1;
    private static final ThreadPoolExecutor CARRIERS = carriers();
    private static final Executor LATER =
            CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS, Runnable::run);

    /// What is on the carriers.
    private static final Set<Runnable> CARRIED = ConcurrentHashMap.newKeySet();

    /// Somebody will look whether the carriers get on.
    private static final AtomicBoolean WATCHED = new AtomicBoolean();

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
        CARRIERS.execute(() -> carry(continuation));
        watch();
    }

    private static ThreadPoolExecutor carriers() {
        ThreadPoolExecutor carriers =
                new ThreadPoolExecutor(
                        CARRIERS_MAX,
                        CARRIERS_MAX,
                        1,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Thread.ofPlatform()
                                .name("corio-orphans-", 0)
                                .daemon()
                                .inheritInheritableThreadLocals(false)
                                .factory());
        carriers.allowCoreThreadTimeOut(true);
        return carriers;
    }

    private static void carry(Runnable continuation) {
        CARRIED.add(continuation);
        try {
            continuation.run();
        } finally {
            CARRIED.remove(continuation);
        }
    }

    private static void watch() {
        if (!CARRIERS.getQueue().isEmpty() && WATCHED.compareAndSet(false, true)) {
            long carried = CARRIERS.getCompletedTaskCount();
            LATER.execute(() -> look(carried));
        }
    }

    private static void look(long carriedBefore) {
        WATCHED.set(false);
        int left = CARRIERS.getQueue().size();
        if (left > 0 && CARRIERS.getCompletedTaskCount() == carriedBefore) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "of the threads that outlive their cores "
                            + left
                            + " cannot go on, for the "
                            + CARRIERS_MAX
                            + " that may run at a time are blocked, and keep their carriers: "
                            + CARRIED.stream()
                                    .map(each -> String.valueOf(VirtualThreads.threadOf(each)))
                                    .sorted()
                                    .collect(Collectors.joining(", ")));
        } else {
            watch();
        }
    }
}
