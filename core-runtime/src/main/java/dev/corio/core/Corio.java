package dev.corio.core;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// The entry point of a program that runs on cores: what a language's runtime does around `main`.
///
/// ```java
/// public static void main(String[] arguments) {
///     Corio.main(arguments, CoreOptions.defaults(), core -> serve(core, port));
/// }
/// ```
///
/// It prepares the process: soft limits of open files and of locked memory go up to the hard ones;
/// SIGPIPE is harmless already, because the JVM takes it. It starts the cores, which chooses CPUs
/// and probes the kernel, and runs the program as the task `main` on the first of them; the others
/// are at [Core#cores]. When the program ends, all tasks that are left are cancelled, the cores
/// drain and close, and the process ends with
///
/// - 0, or the code that the program of [#run] answers,
/// - 1 when the program threw, with the stack on standard error, when the cores cannot be started,
///   or when a core failed: then the program is cancelled, for one that goes on with a part of its
///   cores would be half dead,
/// - 128 and the number of the signal when INT, TERM or HUP ended it. One that no task awaits (see
///   [Signals]) cancels the main task, and the program ends as it likes: what it answers or throws
///   counts, unless that is the interrupt itself. One more, when the main task was cancelled
///   already or has ended, ends the process at once.
///
/// **Threading:** call it from a plain thread, once at a time in a process.
public final class Corio {
    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final int FAILED = 1;

    /// A program that says how it ended.
    @FunctionalInterface
    public interface Program {
        /// Runs as the task `main`; it may throw what it likes.
        ///
        /// @return the exit code, 0 when all went well
        int run(Core core) throws Exception;
    }

    private Corio() {}

    /// Runs a program with [CoreOptions#defaults] and ends the process.
    public static void main(String[] arguments, Cores.Body program) {
        main(arguments, CoreOptions.defaults(), program);
    }

    /// Runs a program and ends the process, even when threads that are no daemons still run.
    ///
    /// @param arguments of the command line; logged, for whoever asks later what was started
    public static void main(String[] arguments, CoreOptions options, Cores.Body program) {
        LOG.log(System.Logger.Level.DEBUG, () -> "started with " + Arrays.toString(arguments));
        // Never given back: a signal while the process ends must still be able to hurry it.
        StopSignals stop = StopSignals.install();
        int code = FAILED;
        try {
            code =
                    run(
                            options,
                            core -> {
                                program.run(core);
                                return 0;
                            },
                            stop);
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            System.err.println("corio: cannot start: " + e.getMessage());
        }
        ProcessEnd.exit(code);
    }

    /// Runs a program with [CoreOptions#defaults]; see [#run(CoreOptions, Program)].
    public static int run(Program program) throws IOException {
        return run(CoreOptions.defaults(), program);
    }

    /// Runs a program and answers the exit code, for a caller that has more to do before the
    /// process ends. An interrupt of the caller cancels the main task, and is kept.
    ///
    /// @throws IOException when the cores cannot be started, see [Cores#start(CoreOptions)]
    public static int run(CoreOptions options, Program program) throws IOException {
        try (StopSignals stop = StopSignals.install()) {
            return run(options, program, stop);
        }
    }

    private static int run(CoreOptions options, Program program, StopSignals stop)
            throws IOException {
        ProcessLimits limits = ProcessLimits.raise();
        Cores cores = Cores.start(options);
        int code;
        try (cores) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    () ->
                            "driver %s (%s), cores %s, open files %s, locked bytes %s"
                                    .formatted(
                                            cores.driver().kind(),
                                            cores.driver().reason(),
                                            cores.all(),
                                            limits.files(),
                                            limits.lockedBytes()));
            Core first = cores.core(0);
            Task<Outcome> main = first.spawn("main", () -> Outcome.of(program, first));
            stop.begin(main);
            cores.onFailure(main::cancel);
            code = code(await(main), stop, cores);
        }
        // Asked only now: a core can fail while it closes, too.
        return cores.hasFailed() ? FAILED : code;
    }

    /// What the program answered, or what it threw.
    private record Outcome(int code, @Nullable Throwable failure) {
        /// Catches all, Error too: it is reported by the one who waits, and not by the task as
        /// well.
        static Outcome of(Program program, Core core) {
            try {
                return new Outcome(program.run(core), null);
            } catch (Throwable e) {
                core.struck(e, "task main");
                return new Outcome(FAILED, e);
            }
        }
    }

    private static Outcome await(Task<Outcome> main) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return main.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    main.cancel();
                }
            }
        } catch (ExecutionException e) {
            // Its core has ended before it.
            return new Outcome(FAILED, e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static int code(Outcome outcome, StopSignals stop, Cores cores) {
        Throwable failure = outcome.failure();
        if (failure == null) {
            return outcome.code();
        }
        Signal signal = stop.cause();
        if (signal != null && Task.isInterruption(failure)) {
            return signal.exitCode();
        }
        System.err.print("Exception in task \"main\" ");
        cores.explain(failure).printStackTrace();
        return FAILED;
    }
}
