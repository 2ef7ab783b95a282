package dev.corio.core;

import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Time and chance of a simulation: a clock that stands still until somebody moves it, what is
/// going to happen and when, and what must not happen.
///
/// **Threading:** confined to its core.
final class SimulatedWorld {
    private static final long MICRO = 1_000;
    private static final long MILLI = 1_000_000;

    /// How a world is made.
    ///
    /// @param closed whether nobody outside acts on the core, so that a wait for nothing is a fault
    /// @param whole whether the trace keeps every event
    record Setup(
            long seed, Faults faults, boolean closed, boolean whole, long nanosMax, long turnsMax) {
        /// A kernel without trouble, for a core that real threads talk to.
        static Setup open() {
            return new Setup(1, Faults.none(), false, false, Long.MAX_VALUE, Long.MAX_VALUE);
        }
    }

    final Setup setup;
    private final Tasks tasks;
    final Faults faults;
    final Chance chance;
    final SimulatedTrace trace;
    final Buggify buggify;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final long beginNanos;
    private long nowNanos;
    private long sequence;
    private @Nullable String violation;

    /// Something that will happen. Of two at the same time the one planned first comes first.
    private record Event(long nanos, long sequence, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int order = Long.compare(nanos, other.nanos);
            return order != 0 ? order : Long.compare(sequence, other.sequence);
        }
    }

    SimulatedWorld(Setup setup, Tasks tasks) {
        this.setup = setup;
        this.tasks = tasks;
        faults = setup.faults();
        chance = new Chance(setup.seed());
        trace = new SimulatedTrace(setup.whole());
        buggify = new Buggify(new Chance(setup.seed() ^ 0xB0661F7L), faults.buggify());
        beginNanos = chance.between(0, 1L << 40);
        nowNanos = beginNanos;
    }

    /// What ends the run at once.
    IllegalStateException stopped(@Nullable String reason) {
        violated(String.valueOf(reason));
        return new IllegalStateException("the simulation has stopped: " + reason);
    }

    /// Whether a task waits for a monitor that a thread outside has, so that only the JVM can let
    /// it go on.
    boolean isTaskBlocked() {
        for (Task<?> task : tasks) {
            if (task.thread().getState() == Thread.State.BLOCKED) {
                return true;
            }
        }
        return false;
    }

    /// The tasks of the core, and what each waits for.
    String waiting() {
        StringBuilder text = new StringBuilder();
        for (Task<?> task : tasks) {
            Object blocker = LockSupport.getBlocker(task.thread());
            text.append("\n  ").append(task).append(" waits for ").append(blocker);
        }
        return text.toString();
    }

    boolean isOvertime() {
        return passedNanos() > setup.nanosMax();
    }

    /// Virtual time since the beginning.
    long passedNanos() {
        return nowNanos - beginNanos;
    }

    long nowNanos() {
        return nowNanos;
    }

    /// Moves the clock, never back.
    void advanceTo(long nanos) {
        nowNanos = Math.max(nowNanos, nanos);
    }

    void at(long nanos, Runnable action) {
        events.add(new Event(nanos, sequence++, action));
    }

    void after(long delayNanos, Runnable action) {
        at(nowNanos + delayNanos, action);
    }

    /// When the next thing will happen, or [Timers#NONE].
    long nextNanos() {
        Event first = events.peek();
        return first == null ? Timers.NONE : first.nanos;
    }

    /// Lets happen what is due now.
    void runDue() {
        for (Event first = events.peek();
                first != null && first.nanos <= nowNanos;
                first = events.peek()) {
            events.remove();
            first.action.run();
        }
    }

    /// How long nothing takes.
    long noStepNanos() {
        return chance.hits(faults.delay()) ? chance.between(MICRO, 20 * MILLI) : 0;
    }

    /// How long one step of the kernel or the network takes.
    long stepNanos() {
        return noStepNanos() + chance.between(MICRO, 20 * MICRO);
    }

    /// How long bytes are under way.
    long latencyNanos() {
        long stall = chance.hits(faults.stall()) ? chance.between(MILLI, 500 * MILLI) : 0;
        return stall + stepNanos();
    }

    /// How long a cancel is under way.
    long cancelNanos() {
        return chance.hits(faults.lateCancel())
                ? chance.between(0, 100 * MILLI)
                : chance.between(0, 5 * MICRO);
    }

    /// Notes what must not happen; the first one is reported at the end of the run.
    void violated(String what) {
        if (violation == null) {
            violation = what;
        }
    }

    /// A task that failed for a reason that is no exception, an assertion for example, was right.
    void taskFailed(Task<?> task, Throwable failure) {
        if (setup.closed() && failure instanceof Error) {
            violated(task + " failed, and nobody joined it: " + failure);
        }
    }

    @Nullable String violation() {
        return violation;
    }

    void trace(SimulatedTrace.Kind kind, long slot, long first, long second) {
        trace.add(nowNanos, kind, slot, first, second);
    }
}
