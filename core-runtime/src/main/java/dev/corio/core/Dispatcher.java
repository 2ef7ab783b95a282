package dev.corio.core;

import dev.corio.uring.CqeFlags;
import java.util.function.BiConsumer;

/// Brings each completion to its operation.
///
/// A completion of an operation that is over, or never was, is counted and not obeyed, whatever it
/// says: the slot, the buffer and the file may be somebody else's by now.
///
/// **Threading:** confined to its core.
final class Dispatcher implements Driver.Completions {
    private static final System.Logger LOG = LoopLogger.ofCore();

    private final InFlight inFlight;
    private final Object name;
    private final BiConsumer<Throwable, Object> struck;
    private long staleCount;

    /// @param name of the core, for the log
    /// @param struck told of what an operation threw, and which one
    Dispatcher(InFlight inFlight, Object name, BiConsumer<Throwable, Object> struck) {
        this.struck = struck;
        this.inFlight = inFlight;
        this.name = name;
    }

    /// Completions that belonged to nobody.
    long staleCount() {
        return staleCount;
    }

    @Override
    public void complete(long userData, int result, int flags) {
        Operation operation = inFlight.find(userData);
        if (operation == null) {
            noteStale(userData, result, flags);
            return;
        }
        operation.leftBytes = CqeFlags.leftBytes(flags);
        if (CqeFlags.hasMore(flags)) {
            operation.timesNotReady = 0;
        } else {
            inFlight.remove(userData);
            operation.end(result);
            if (operation.preparationFailure() != null && !operation.wasAwaited()) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        operation + " could not be prepared",
                        operation.preparationFailure());
            }
        }
        tell(operation, result, flags);
    }

    /// Ends an operation whose final completion will not come.
    void lose(Operation operation, int result, boolean kernelMayWrite) {
        inFlight.remove(operation.userData);
        operation.lose(result, kernelMayWrite);
        tell(operation, result, 0);
    }

    private void tell(Operation operation, int result, int flags) {
        try {
            operation.completed(result, flags);
        } catch (Throwable e) {
            struck.accept(e, operation);
            LOG.log(System.Logger.Level.ERROR, "the completion of " + operation + " failed", e);
            operation.broken(e);
        }
    }

    /// Said once: the count is what matters after that.
    private void noteStale(long userData, int result, int flags) {
        if (staleCount++ == 0) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    name
                            + " ignored a completion of an operation that was over or never there: "
                            + inFlight.describe(userData)
                            + ", result "
                            + result
                            + ", flags 0x"
                            + Integer.toHexString(flags)
                            + ". Further ones are only counted (CoreStats.staleCompletions). The"
                            + " kernel or Corio has a fault: please report it");
        }
    }
}
