package dev.corio.core;

import dev.corio.linux.SyscallException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// The cores of an application: by default one for each CPU that it may use, pinned there.
///
/// **Threading:** safe from any thread.
public final class Cores implements AutoCloseable {
    private static final System.Logger LOG = LoopLogger.ofCore();

    private final List<Core> cores;
    private final Blocking blocking;
    private DriverChoice choice;
    private int epollCores;
    private @Nullable Watchdog watchdog;
    private volatile @Nullable Runnable failureListener;

    /// What runs as a task on each core; it may throw what it likes.
    @FunctionalInterface
    public interface Body {
        void run(Core core) throws Exception;
    }

    private Cores(List<Core> cores, Blocking blocking, DriverChoice choice) {
        this.cores = cores;
        this.blocking = blocking;
        this.choice = choice;
    }

    /// Starts cores with [CoreOptions#defaults].
    public static Cores start() throws IOException {
        return start(CoreOptions.defaults());
    }

    /// Starts cores, and returns when each has its driver.
    ///
    /// @throws IOException when the configured driver cannot be had; the text gives the remedy
    /// @throws IllegalStateException when the JVM lacks `--add-opens
    ///   java.base/java.lang=ALL-UNNAMED`
    public static Cores start(CoreOptions options) throws IOException {
        VirtualThreads.ensureAccessible();
        Cpus cpus = Cpus.read();
        int[] chosen = chosen(options, cpus);
        boolean pin = options.pin() && (options.cpus() != null || cpus.isPinningUseful());
        DriverChoice choice = DriverChoice.of(options.driver(), options.featureMask());
        Blocking blocking = new Blocking(options.blockingThreadsMax());
        List<Core> started = new ArrayList<>();
        Cores cores = new Cores(Collections.unmodifiableList(started), blocking, choice);
        try {
            for (int index = 0; index < chosen.length; index++) {
                Core core = new Core(cores, index, pin ? chosen[index] : -1, options);
                CompletableFuture<DriverChoice> answer = core.start(choice);
                // Before the answer is awaited: whatever comes of it, the thread must be ended.
                started.add(core);
                cores.note(answer.get());
            }
        } catch (ExecutionException e) {
            cores.close();
            throw failure(e);
        } catch (InterruptedException e) {
            cores.close();
            Thread.currentThread().interrupt();
            throw Operation.interruption("interrupted while the cores were starting");
        }
        cores.announce(options.driver());
        if (options.stallAfter().isPositive()) {
            cores.watchdog = new Watchdog(started, options.stallAfter().toNanos());
            cores.watchdog.start();
        }
        return cores;
    }

    /// One core, which the caller starts.
    static Core unstarted(CoreOptions options) {
        List<Core> one = new ArrayList<>();
        Cores cores =
                new Cores(
                        Collections.unmodifiableList(one),
                        new Blocking(options.blockingThreadsMax()),
                        DriverChoice.simulated());
        Core core = new Core(cores, 0, -1, options);
        one.add(core);
        return core;
    }

    /// How many.
    public int size() {
        return cores.size();
    }

    /// One of them, from 0.
    public Core core(int index) {
        return cores.get(index);
    }

    /// All of them, in order.
    public List<Core> all() {
        return cores;
    }

    /// The driver that they run on, and why.
    public DriverChoice driver() {
        return choice;
    }

    /// Whether each is pinned to a CPU.
    public boolean isPinned() {
        return cores.getFirst().cpu() >= 0;
    }

    /// Whether one of them has failed; it is closed, or closes.
    public boolean hasFailed() {
        return cores.stream().anyMatch(core -> core.failure().hasBegun());
    }

    /// Starts a task on each core.
    public List<Task<Void>> spawnOnEach(String name, Body body) {
        List<Task<Void>> tasks = new ArrayList<>();
        for (Core core : cores) {
            tasks.add(core.spawn(name, () -> body.run(core)));
        }
        return tasks;
    }

    /// The sum over the cores.
    public CoreStats stats() {
        CoreStats sum = CoreStats.ZERO;
        for (Core core : cores) {
            sum = sum.plus(core.stats());
        }
        return sum;
    }

    /// A line for each task of each core; see [Core#dump].
    public String dump() {
        return TaskDump.of(cores);
    }

    /// Cancels all tasks, waits until they have ended and the drivers hold nothing any more, frees
    /// the memory and ends the threads. An interrupt does not cut this short; it is kept.
    @Override
    public void close() {
        Core here = Core.currentOrNull();
        if (here != null && cores.contains(here)) {
            throw new IllegalStateException(
                    "cores are closed from outside: this task of "
                            + here
                            + " would wait for itself");
        }
        for (Core core : cores) {
            core.beginClose();
        }
        boolean interrupted = false;
        for (Core core : cores) {
            interrupted |= awaitClosed(core);
        }
        blocking.close();
        if (watchdog != null) {
            watchdog.close();
        }
        LoopLogger.flush();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// Runs `listener` when a core fails, on that core's thread, or now when one has failed
    /// already.
    void onFailure(Runnable listener) {
        failureListener = listener;
        if (hasFailed()) {
            listener.run();
        }
    }

    /// Called by the one that fails, after it has said why.
    void failed() {
        Runnable listener = failureListener;
        if (listener != null) {
            listener.run();
        }
    }

    /// What a task threw; where that is the interrupt that told it of a core that has failed, the
    /// failure.
    Throwable explain(Throwable thrown) {
        for (Core core : cores) {
            Throwable explained = core.failure().explain(thrown);
            if (explained != thrown) {
                return explained;
            }
        }
        return thrown;
    }

    Blocking blocking() {
        return blocking;
    }

    /// Takes note of what a core got in the end: the worst is what they all report.
    private void note(DriverChoice taken) {
        if (taken.kind() == DriverKind.EPOLL) {
            epollCores++;
        }
        boolean isWorse = taken.kind() == DriverKind.EPOLL || taken.errno() != 0;
        if (isWorse && choice.kind() != DriverKind.EPOLL) {
            choice = taken;
        }
    }

    /// One line where it is not what was hoped for.
    private void announce(DriverKind wanted) {
        if (wanted == DriverKind.AUTO && choice.kind() == DriverKind.EPOLL) {
            String where =
                    epollCores == cores.size()
                            ? ""
                            : " on " + epollCores + " of " + cores.size() + " cores";
            LOG.log(System.Logger.Level.INFO, "driver epoll" + where + ": " + choice.reason());
            Events.driverFallback(choice);
        } else if (choice.errno() != 0) {
            LOG.log(System.Logger.Level.INFO, "driver io_uring: " + choice.reason());
        }
    }

    private static boolean awaitClosed(Core core) {
        boolean interrupted = false;
        while (true) {
            try {
                core.awaitClosed();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    private static int[] chosen(CoreOptions options, Cpus cpus) {
        int[] wanted = options.cpus();
        if (wanted == null) {
            return cpus.usable();
        }
        for (int cpu : wanted) {
            if (!cpus.allowed().contains(cpu)) {
                throw new IllegalArgumentException(
                        "CPU "
                                + cpu
                                + " is not among the allowed ones "
                                + cpus.allowed()
                                + "; see taskset -p or the container's cpuset");
            }
        }
        return wanted;
    }

    private static IOException failure(ExecutionException e) {
        if (e.getCause() instanceof SyscallException cause) {
            return cause;
        }
        return e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    }
}
