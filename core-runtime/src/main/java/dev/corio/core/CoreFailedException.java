package dev.corio.core;

/// A core cannot go on: its driver has failed, or an error struck in the middle of its own
/// bookkeeping. The text names the core and the reason, which is also the cause.
///
/// Every task of that core gets it from whatever it waits for, and from each later wait, so that it
/// unwinds. It is unchecked because no handler of a failed connection can do anything about it. A
/// `join` from another core or thread reports it as the cause of its `ExecutionException`.
///
/// **Threading:** immutable.
public final class CoreFailedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    CoreFailedException(String text, Throwable cause) {
        super(text, cause);
    }
}
