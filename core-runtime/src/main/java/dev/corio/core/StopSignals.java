package dev.corio.core;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// INT, TERM and HUP for a program whose tasks do not await them. The first cancels the main task,
/// so that its cleanup runs and the cores drain. One that comes when nothing is left to cancel ends
/// the process at once.
///
/// **Threading:** safe from any thread.
final class StopSignals implements AutoCloseable {
    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final Set<Signal> SIGNALS = EnumSet.of(Signal.HUP, Signal.INT, Signal.TERM);

    private @Nullable Task<?> main;
    private @Nullable Signal cause;

    private StopSignals() {}

    /// Takes them over. Where the JVM gives none away, which is said, they end the process as ever.
    static StopSignals install() {
        StopSignals stop = new StopSignals();
        try {
            for (Signal each : SIGNALS) {
                SignalHandlers.fallback(each, stop::received);
            }
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.WARNING, "no cleanup on signals: {0}", e.getMessage());
        }
        return stop;
    }

    /// Has something to cancel from now on.
    synchronized void begin(Task<?> task) {
        main = task;
    }

    /// The signal that cancelled the main task, or null.
    synchronized @Nullable Signal cause() {
        return cause;
    }

    @Override
    public void close() {
        for (Signal each : SIGNALS) {
            SignalHandlers.fallback(each, null);
        }
    }

    private synchronized void received(Signal signal) {
        Task<?> task = main;
        if (cause == null && task != null && !task.isDone()) {
            cause = signal;
            task.cancel();
        } else {
            ProcessEnd.halt(signal.exitCode(), "SIG" + signal + ", with no task left to cancel");
        }
    }
}
