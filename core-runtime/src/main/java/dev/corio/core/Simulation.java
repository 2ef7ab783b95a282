package dev.corio.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Runs a program on a kernel that is simulated: its servers, clients and upstreams are tasks of
/// one core, TCP is in memory, time is virtual, and everything that can happen is decided by one
/// seed. A run of minutes takes milliseconds, and a seed that fails fails again.
///
/// ```java
/// Simulation.seeds(1_000, SimulationOptions.defaults(), (core, random) -> {
///     Task<Void> server = core.spawn("server", () -> serve(address));
///     for (int i = 0; i < 10; i++) {
///         core.spawn("client", () -> talkTo(address, random.nextInt(1_000)));
///     }
///     Core.sleep(Duration.ofSeconds(5));
/// });
/// ```
///
/// When the program returns, the core is closed: tasks that still run are cancelled, as when a
/// server is stopped. Then nothing may be left: no operation, no descriptor that was not closed, no
/// leased buffer, no task. Also a fault are: a descriptor closed while an operation is in flight on
/// it, memory that two operations in flight share, a wait for nothing that will ever happen, and a
/// program that does not end within its limits. All of that holds too where the driver fails
/// ([Faults#failing]), and the core with it. What the program itself must keep, bytes in order for
/// example, it checks itself, and throws.
///
/// One core is simulated: with two threads chance would have a say. For the same reason tasks wait
/// with [Core#sleep] and not `Thread.sleep`, ask [Core#nanoTime] for the time and the given random
/// generator for chance, do not contend for a `synchronized` block, and start no platform threads;
/// [Blocking#call] runs in the calling task.
///
/// **Threading:** safe from any thread; runs are independent of each other.
public final class Simulation {
    private Simulation() {}

    /// A program to be simulated.
    @FunctionalInterface
    public interface Program {
        /// Runs as a task of the simulated core.
        ///
        /// @param random decides what the program does, from the same seed
        void run(Core core, RandomGenerator random) throws Exception;
    }

    /// Runs a program with one seed.
    ///
    /// @throws AssertionError when the program has failed or something was left behind; the text
    ///   has the seed and the last events
    public static SimulationResult run(long seed, SimulationOptions options, Program program) {
        return run(seed, options, program, false);
    }

    /// Like [#run], and keeps every event, for one who wants to know what happened.
    public static SimulationResult trace(long seed, SimulationOptions options, Program program) {
        return run(seed, options, program, true);
    }

    /// Runs a program with the seeds 0, 1, 2 …, on all CPUs. With `-Dcorio.seed=N` runs that seed
    /// alone.
    ///
    /// @throws AssertionError for the first seed that fails, see [#run]
    public static void seeds(int count, SimulationOptions options, Program program)
            throws InterruptedException {
        Long only = Long.getLong("corio.seed");
        if (only != null) {
            run(only, options, program);
            return;
        }
        // Alone, so that the classes are loaded before runs could meet there.
        run(0, options, program);
        int threads = Math.min(count, Runtime.getRuntime().availableProcessors());
        try (ExecutorService runners = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> shares = new ArrayList<>();
            for (int share = 0; share < threads; share++) {
                int first = share;
                shares.add(
                        runners.submit(() -> {
                            for (long seed = first + 1L; seed < count; seed += threads) {
                                if (Thread.interrupted()) {
                                    return;
                                }
                                run(seed, options, program);
                            }
                        }));
            }
            try {
                for (Future<?> share : shares) {
                    share.get();
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Error failure) {
                    throw failure;
                }
                throw new AssertionError(e.getCause());
            } finally {
                runners.shutdownNow();
            }
        }
    }

    private static SimulationResult run(
            long seed, SimulationOptions options, Program program, boolean whole) {
        VirtualThreads.ensureAccessible();
        SimulatedWorld.Setup setup =
                new SimulatedWorld.Setup(
                        seed,
                        options.faults(),
                        true,
                        whole,
                        Timers.nanos(options.timeMax()),
                        options.turnsMax());
        Core core = Cores.unstarted(options.core().simulation(setup));
        SimulatedWorld world = core.world();
        if (world == null) {
            throw new AssertionError("the core is not simulated");
        }
        RandomGenerator random = new Chance(seed).split();
        // Before the core starts: from then on nobody outside may act on it.
        Task<Void> main =
                core.spawn(
                        "main",
                        () -> {
                            try {
                                program.run(core, random);
                            } finally {
                                core.beginClose();
                            }
                        });
        Throwable failure = outcome(core, main);
        if (core.failure().hasBegun() && world.faults.driverFailure() > 0) {
            failure = null;
        }
        if (world.violation() != null) {
            failure = new IllegalStateException(world.violation(), failure);
        }
        if (failure == null) {
            failure = leftovers(core);
        }
        SimulationResult result =
                new SimulationResult(
                        seed,
                        Duration.ofNanos(world.passedNanos()),
                        world.trace.count(),
                        world.trace.hash(),
                        world.trace.text(),
                        core.stats());
        if (failure != null) {
            throw new AssertionError(
                    "seed "
                            + seed
                            + " fails (again with -Dcorio.seed="
                            + seed
                            + "): "
                            + failure
                            + "\n"
                            + result.trace(),
                    failure);
        }
        return result;
    }

    /// Starts the core and waits for its end; what the program failed with, or null.
    private static @Nullable Throwable outcome(Core core, Task<Void> main) {
        try {
            core.start(core.cores().driver()).get();
            try {
                main.join();
            } finally {
                core.awaitClosed();
            }
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (CancellationException e) {
            return e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return e;
        }
    }

    private static @Nullable Throwable leftovers(Core core) {
        CoreStats stats = core.stats();
        int open =
                core.driver() instanceof SimulatedDriver driver ? driver.kernel().openCount() : 0;
        int unclosed = core.loop.shutdown.descriptorsLeft;
        if (stats.operationsInFlight() == 0
                && stats.tasksLive() == 0
                && stats.buffersLeased() == 0
                && stats.staleCompletions() == 0
                && open == 0
                && unclosed == 0) {
            return null;
        }
        return new IllegalStateException(
                "left behind: "
                        + stats.operationsInFlight()
                        + " operations in flight, "
                        + stats.tasksLive()
                        + " tasks, "
                        + stats.buffersLeased()
                        + " leased buffers, "
                        + unclosed
                        + " descriptors that nobody closed, "
                        + open
                        + " open files, "
                        + stats.staleCompletions()
                        + " stale completions");
    }
}
