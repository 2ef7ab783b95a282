package dev.corio.core;

import dev.corio.linux.Errno;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The end of a core that cannot go on. What has completed is still handed out. Everything else in
/// flight is lost and whoever waits for it is told so. Then the core closes as it always does
/// ([Shutdown]), on a driver that reaches no kernel ([FailedDriver]), so that its tasks unwind:
/// each wait of theirs ends with a [CoreFailedException], and their `finally` blocks run.
///
/// Memory that the kernel may still write to is never freed nor used again.
///
/// **Threading:** confined to its core, but for the reason, which may be asked from any thread.
final class CoreFailure {
    private static final System.Logger LOG = LoopLogger.ofCore();

    private final Core core;
    private final Loop loop;

    /// Written before the mailbox refuses and before [Cores] looks for who wants to know; read by
    /// whoever was refused, and by the one who wants to know after saying so.
    private volatile @Nullable Throwable reason;

    private boolean kernelMayWrite;

    CoreFailure(Core core, Loop loop) {
        this.core = core;
        this.loop = loop;
    }

    boolean hasBegun() {
        return reason != null;
    }

    /// Whether the buffers of the core must not be freed.
    boolean kernelMayWrite() {
        return kernelMayWrite;
    }

    /// Fails with the reason once the core has failed.
    ///
    /// @param waiting what the caller wants to wait for
    void check(Object waiting) {
        if (hasBegun()) {
            throw exception(waiting + " cannot be waited for: ");
        }
    }

    /// @param prefix what will not happen therefore
    CoreFailedException exception(String prefix) {
        Throwable cause = reason;
        assert cause != null : "the core has not failed";
        return new CoreFailedException(prefix + core + " has failed: " + describe(cause), cause);
    }

    /// What a task threw; where that is the interrupt that told it of the failure, the failure.
    Throwable explain(Throwable thrown) {
        if (!hasBegun() || !Task.isInterruption(thrown)) {
            return thrown;
        }
        CoreFailedException failed = exception("");
        failed.addSuppressed(thrown);
        return failed;
    }

    void begin(Throwable cause) {
        reason = cause;
        handOutCompletions();
        int lost = loop.inFlight.count();
        // Nobody else uses the driver from here on, not even to wake it.
        loop.mailbox.close();
        // Before the driver is given up, for that may fail too, and must not be tried twice.
        kernelMayWrite = true;
        Driver failed = loop.driver;
        loop.driver = new FailedDriver(failed, loop.thread());
        kernelMayWrite = failed.abandon();
        report(
                " has failed and ends; "
                        + core.tasks().count()
                        + " tasks are told and "
                        + lost
                        + " operations in flight are lost"
                        + (kernelMayWrite
                                ? "; its buffers are never freed, as the kernel may still write to"
                                        + " them"
                                : ""),
                cause);
        loseOperations();
        core.cores().failed();
        loop.shutdown.begin();
    }

    /// The core has ended, and not as it should have. One that is lost must be seen.
    void noteEnd(Throwable cause) {
        if (!hasBegun()) {
            reason = cause;
        }
        SimulatedWorld world = core.world();
        if (world != null) {
            world.violated(core + " could not end: " + cause);
        }
        report(" cannot go on", cause);
    }

    private void report(String what, Throwable cause) {
        SimulatedWorld world = core.world();
        if (world == null || !world.setup.closed()) {
            // Who runs a simulation is told by the run itself.
            LOG.log(System.Logger.Level.ERROR, core + what, cause);
        }
    }

    private void handOutCompletions() {
        try {
            loop.completions += loop.driver.drain();
        } catch (Throwable e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the last completions of " + core + " are lost",
                    e);
        }
    }

    private void loseOperations() {
        for (int slot = 0; slot < loop.inFlight.slots(); slot++) {
            Operation operation = loop.inFlight.at(slot);
            if (operation != null) {
                loop.dispatcher.lose(operation, -Errno.ECANCELED, kernelMayWrite);
            }
        }
    }

    /// The message of an `UncheckedIOException` repeats the class of what it carries.
    private static String describe(Throwable cause) {
        return String.valueOf(cause.getCause() instanceof IOException e ? e.getMessage() : cause);
    }
}
