package dev.corio.core;

/// What a core has done since it started, and what it holds now. Counters only grow; the difference
/// of two snapshots ([#minus]) describes the time between them.
///
/// @param turns turns of the loop
/// @param enters calls of `io_uring_enter` or `epoll_wait`
/// @param systemCalls all system calls on behalf of operations, `enters` among them
/// @param submissions requests handed to the driver
/// @param completions completions taken from it
/// @param staleCompletions completions of operations that were over already: ignored, and 0 unless
///   the kernel or Corio has a fault
/// @param wakeups how often another thread had to wake the core with a system call
/// @param tasksStarted tasks spawned
/// @param taskSwitches how often a task was put on the core
/// @param tasksLive tasks that have not ended; a state, not a counter
/// @param operationsInFlight operations that the driver owns; a state
/// @param descriptorsOpen descriptors not yet closed; a state
/// @param buffersLeased buffers leased from the pool; a state
/// @param bufferBytesLeased their bytes; a state
/// @param taskNanos time in tasks and in completion chains
/// @param kernelNanos time in system calls that submit or reap without waiting, and in waits
///
///   **Threading:** immutable.
public record CoreStats(
        long turns,
        long enters,
        long systemCalls,
        long submissions,
        long completions,
        long staleCompletions,
        long wakeups,
        long tasksStarted,
        long taskSwitches,
        int tasksLive,
        int operationsInFlight,
        int descriptorsOpen,
        int buffersLeased,
        long bufferBytesLeased,
        long taskNanos,
        long kernelNanos) {
    /// Nothing done, nothing held.
    public static final CoreStats ZERO =
            new CoreStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// Both together: the sum over cores.
    public CoreStats plus(CoreStats other) {
        return new CoreStats(
                turns + other.turns,
                enters + other.enters,
                systemCalls + other.systemCalls,
                submissions + other.submissions,
                completions + other.completions,
                staleCompletions + other.staleCompletions,
                wakeups + other.wakeups,
                tasksStarted + other.tasksStarted,
                taskSwitches + other.taskSwitches,
                tasksLive + other.tasksLive,
                operationsInFlight + other.operationsInFlight,
                descriptorsOpen + other.descriptorsOpen,
                buffersLeased + other.buffersLeased,
                bufferBytesLeased + other.bufferBytesLeased,
                taskNanos + other.taskNanos,
                kernelNanos + other.kernelNanos);
    }

    /// What happened since `earlier`; states are kept as they are now.
    public CoreStats minus(CoreStats earlier) {
        return new CoreStats(
                turns - earlier.turns,
                enters - earlier.enters,
                systemCalls - earlier.systemCalls,
                submissions - earlier.submissions,
                completions - earlier.completions,
                staleCompletions - earlier.staleCompletions,
                wakeups - earlier.wakeups,
                tasksStarted - earlier.tasksStarted,
                taskSwitches - earlier.taskSwitches,
                tasksLive,
                operationsInFlight,
                descriptorsOpen,
                buffersLeased,
                bufferBytesLeased,
                taskNanos - earlier.taskNanos,
                kernelNanos - earlier.kernelNanos);
    }
}
