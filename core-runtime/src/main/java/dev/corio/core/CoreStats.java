package dev.corio.core;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

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
/// @param taskNanos time in tasks, completions and timers
/// @param kernelNanos time in the driver while there was more to do: system calls that submit and
///   reap
/// @param idleNanos time without work: asleep in the kernel, or spinning. A call that may sleep
///   counts here as a whole, with the requests that it submits first, so a core that seldom has
///   more than one thing to do shows less kernel time than it uses
/// @param longestTurnNanos the longest time from one visit to the driver to the next since the core
///   started; of several cores the longest of all
/// @param runQueueLength tasks that are ready to run; a state
/// @param mailboxLength what other threads handed over and is not begun; a state
/// @param submissionsPending requests that the driver has not handed over yet; a state
/// @param timersArmed timers that will fire; a state
/// @param leasersWaiting tasks that wait for a buffer; a state
/// @param blockingQueued bodies of [Blocking] that wait for a thread; a state, and like the next
///   two the same for all cores, which share those threads
/// @param blockingRunning bodies of [Blocking] that are on a thread; a state
/// @param blockingMax threads for them, at most ([CoreOptions#blockingThreadsMax])
/// @param runQueueDelay how long tasks were ready before they ran, of each sixteenth one
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
        long kernelNanos,
        long idleNanos,
        long longestTurnNanos,
        int runQueueLength,
        int mailboxLength,
        int submissionsPending,
        int timersArmed,
        int leasersWaiting,
        int blockingQueued,
        int blockingRunning,
        int blockingMax,
        DelayHistogram runQueueDelay) {
    /// Nothing done, nothing held.
    public static final CoreStats ZERO =
            new CoreStats(
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    DelayHistogram.ZERO);

    /// What the counters of a core say now.
    static CoreStats of(Core core) {
        Loop loop = core.loop;
        BufferPool buffers = core.buffers();
        return new CoreStats(
                loop.turns,
                loop.driver.enters(),
                loop.driver.systemCalls(),
                loop.driver.submissions(),
                loop.completions,
                loop.dispatcher.staleCount(),
                loop.wakeups,
                core.tasks().startedCount(),
                loop.slices,
                core.tasks().count(),
                loop.inFlight.count(),
                core.descriptors().count(),
                buffers.leasedCount(),
                buffers.leasedBytes(),
                loop.taskNanos,
                loop.kernelNanos,
                loop.idleNanos,
                loop.longestTurnNanos,
                loop.runQueueLength(),
                loop.mailbox.size(),
                loop.driver.pendingSubmissions(),
                loop.timers.size(),
                buffers.waitingCount(),
                core.blocking().queued(),
                core.blocking().running(),
                core.blocking().threadsMax(),
                loop.delay.histogram());
    }

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
                kernelNanos + other.kernelNanos,
                idleNanos + other.idleNanos,
                Math.max(longestTurnNanos, other.longestTurnNanos),
                runQueueLength + other.runQueueLength,
                mailboxLength + other.mailboxLength,
                submissionsPending + other.submissionsPending,
                timersArmed + other.timersArmed,
                leasersWaiting + other.leasersWaiting,
                Math.max(blockingQueued, other.blockingQueued),
                Math.max(blockingRunning, other.blockingRunning),
                Math.max(blockingMax, other.blockingMax),
                runQueueDelay.plus(other.runQueueDelay));
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
                kernelNanos - earlier.kernelNanos,
                idleNanos - earlier.idleNanos,
                longestTurnNanos,
                runQueueLength,
                mailboxLength,
                submissionsPending,
                timersArmed,
                leasersWaiting,
                blockingQueued,
                blockingRunning,
                blockingMax,
                runQueueDelay.minus(earlier.runQueueDelay));
    }

    /// Completions that one visit to the kernel brought on average; 0 before the first.
    public double completionsPerEnter() {
        return enters == 0 ? 0 : (double) completions / enters;
    }

    /// Every number by its name, in the order of the components, for tools that read JSON. The
    /// histogram becomes `runQueueDelayP50Nanos`, `runQueueDelayP99Nanos` and
    /// `runQueueDelayMaxNanos`.
    public Map<String, Number> numbers() {
        Map<String, Number> numbers = new LinkedHashMap<>();
        numbers.put("turns", turns);
        numbers.put("enters", enters);
        numbers.put("systemCalls", systemCalls);
        numbers.put("submissions", submissions);
        numbers.put("completions", completions);
        numbers.put("staleCompletions", staleCompletions);
        numbers.put("wakeups", wakeups);
        numbers.put("tasksStarted", tasksStarted);
        numbers.put("taskSwitches", taskSwitches);
        numbers.put("tasksLive", tasksLive);
        numbers.put("operationsInFlight", operationsInFlight);
        numbers.put("descriptorsOpen", descriptorsOpen);
        numbers.put("buffersLeased", buffersLeased);
        numbers.put("bufferBytesLeased", bufferBytesLeased);
        numbers.put("taskNanos", taskNanos);
        numbers.put("kernelNanos", kernelNanos);
        numbers.put("idleNanos", idleNanos);
        numbers.put("longestTurnNanos", longestTurnNanos);
        numbers.put("runQueueLength", runQueueLength);
        numbers.put("mailboxLength", mailboxLength);
        numbers.put("submissionsPending", submissionsPending);
        numbers.put("timersArmed", timersArmed);
        numbers.put("leasersWaiting", leasersWaiting);
        numbers.put("blockingQueued", blockingQueued);
        numbers.put("blockingRunning", blockingRunning);
        numbers.put("blockingMax", blockingMax);
        numbers.put("runQueueDelayP50Nanos", runQueueDelay.percentileNanos(50));
        numbers.put("runQueueDelayP99Nanos", runQueueDelay.percentileNanos(99));
        numbers.put("runQueueDelayMaxNanos", runQueueDelay.percentileNanos(100));
        return numbers;
    }

    /// A few lines for people.
    @Override
    public String toString() {
        double all = Math.max(1, taskNanos + kernelNanos + idleNanos);
        return String.format(
                Locale.ROOT,
                """
                time     tasks %.1f %%, kernel %.1f %%, idle %.1f %% of %s; longest turn %s
                loop     %,d turns, %,d enters of %.1f completions, %,d system calls, %,d wake-ups
                tasks    %,d live, %,d started, %,d switches, %,d ready now; ready before they ran: %s
                waiting  %,d in the mailbox, %,d submissions, %,d timers, %,d for a buffer
                blocking %,d calls on %,d threads at most, %,d waiting for one
                holding  %,d operations in flight, %,d descriptors, %,d buffers of %,d KiB
                done     %,d submissions, %,d completions, %,d of them stale
                """,
                taskNanos / all * 100,
                kernelNanos / all * 100,
                idleNanos / all * 100,
                DelayHistogram.text((long) all),
                DelayHistogram.text(longestTurnNanos),
                turns,
                enters,
                completionsPerEnter(),
                systemCalls,
                wakeups,
                tasksLive,
                tasksStarted,
                taskSwitches,
                runQueueLength,
                runQueueDelay,
                mailboxLength,
                submissionsPending,
                timersArmed,
                leasersWaiting,
                blockingRunning,
                blockingMax,
                blockingQueued,
                operationsInFlight,
                descriptorsOpen,
                buffersLeased,
                bufferBytesLeased >> 10,
                submissions,
                completions,
                staleCompletions);
    }
}
