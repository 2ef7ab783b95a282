package dev.corio.core;

import dev.corio.uring.RingFeature;

/// What stands between an operation's submission queue entry and its completion.
///
/// The contract, the same for every driver and tested once for all of them:
///
/// - [#submit] never blocks and never completes an operation inline; neither does [#cancel].
/// - Each submitted operation gets exactly one final completion; a multishot operation may have
///   many with `IORING_CQE_F_MORE` before it. Completions are handed out by [#drain] alone.
/// - Results are in the kernel's dialect: `>= 0`, or a negative errno.
/// - Until the final completion the memory that the entry names belongs to the driver.
/// - Only [#wake] may be called from another thread.
///
/// Nothing above the drivers asks which one runs: epoll is a kernel that lacks some features.
interface Driver extends AutoCloseable {
    /// Takes the completions that a driver hands out.
    interface Completions {
        void complete(long userData, int result, int flags);
    }

    /// Told when a descriptor is born.
    void adopt(int fd);

    /// Told before a descriptor is closed; nothing is in flight on it any more.
    void release(int fd);

    /// Told before a descriptor is handed to another core; nothing is in flight on it any more. It
    /// is left as it was before [#adopt].
    void detach(int fd);

    void submit(Operation operation);

    /// Asks to end an operation early. Its final completion still follows: `-ECANCELED`, or
    /// whatever happened first.
    void cancel(Operation operation);

    /// Hands the queued requests over and waits until a completion is there, the deadline has
    /// passed, or [#wake] was called. Returns early as it likes.
    ///
    /// @param deadlineNanos a value of [#nanoTime], [#NOW], or [Timers#NONE]
    void flushAndWait(long deadlineNanos);

    /// Hands out what has completed; the number of completions.
    int drain();

    /// Whether a [#flushAndWait] with [#NOW] and a [#drain] would bring something; for a loop that
    /// spins.
    boolean hasCompletions();

    /// Ends a running or coming [#flushAndWait]. Safe from any thread.
    void wake();

    boolean supports(RingFeature feature);

    /// The clock that deadlines are measured by. It counts nanoseconds from some point and never
    /// goes back.
    long nanoTime();

    /// The calls on sockets that are no operations, to the same kernel.
    Sockets sockets();

    /// Gives memory to the buffer group of the driver, to be picked for what arrives.
    void provide(int bufferId, long address, int lengthBytes);

    /// The group's number in submission queue entries.
    int bufferGroup();

    /// How many buffers the group has room for; 0 when the driver can't select buffers.
    int bufferGroupEntries();

    /// Calls of `io_uring_enter` or `epoll_wait`.
    long enters();

    /// All system calls made so far on behalf of operations, [#enters] among them.
    long systemCalls();

    /// Requests handed in, control requests of the driver among them.
    long submissions();

    /// Requests handed in that the kernel has not got yet.
    int pendingSubmissions();

    /// Frees what the driver has. Nothing is in flight any more.
    @Override
    void close();

    /// Gives up a driver that has failed, in place of [#close]: frees what is certainly its own and
    /// leaves what the kernel may still use.
    ///
    /// @return whether the kernel may still write to memory of operations in flight
    boolean abandon();

    /// A deadline that has passed already: don't wait.
    long NOW = Long.MIN_VALUE;
}
