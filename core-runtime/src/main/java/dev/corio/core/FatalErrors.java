package dev.corio.core;

/// What becomes of the process when the virtual machine itself fails on a core: an
/// `OutOfMemoryError`, an `InternalError` or an `UnknownError`, in a task, a completion, a timer or
/// the loop.
///
/// A `StackOverflowError` is not among them. It belongs to the task that has gone too deep, ends it
/// like any exception, and the core lives; should it strike in the middle of the core's own
/// bookkeeping, which is a matter of a few frames at the very end of the stack, the core fails with
/// a [CoreFailedException].
///
/// What a task catches itself is its own affair, as long as it struck in its own code.
///
/// **Threading:** immutable.
public enum FatalErrors {
    /// The process ends at once with code 3, as by `-XX:+ExitOnOutOfMemoryError`, after a line and
    /// the stack on standard error. The default: such an error strikes anywhere, in a lock of the
    /// JDK or in another thread's class initialiser just as well, and whoever supervises the
    /// process can start it anew, which is more than a process can do that lives on in parts.
    HALT,
    /// It ends the task like any exception. For programs that allocate much at once where a failure
    /// is expected. Should it strike in the middle of the core's own bookkeeping, the core fails
    /// with a [CoreFailedException].
    SURVIVE
}
