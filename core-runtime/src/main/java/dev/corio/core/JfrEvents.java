package dev.corio.core;

import java.util.List;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Registered;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/// The events of the runtime and how they are filled. The static ones are never committed: they
/// answer whether their kind is recorded.
///
/// **Threading:** safe from any thread.
final class JfrEvents {
    private static final List<Class<? extends CorioEvent>> KINDS =
            List.of(
                    TaskStart.class,
                    TaskEnd.class,
                    DriverFallback.class,
                    Overflow.class,
                    Stall.class,
                    SlowTurn.class);

    private static final TaskStart TASK_START = new TaskStart();
    private static final TaskEnd TASK_END = new TaskEnd();
    private static final DriverFallback DRIVER_FALLBACK = new DriverFallback();
    private static final Overflow OVERFLOW = new Overflow();
    private static final Stall STALL = new Stall();

    private JfrEvents() {}

    /// Tells the recorder what there is to record.
    static void register() {
        KINDS.forEach(FlightRecorder::register);
    }

    static void taskStarted(Task<?> task) {
        if (TASK_START.isEnabled()) {
            TaskStart event = new TaskStart();
            event.task = task.name();
            event.taskThread = task.thread();
            event.core = task.core().index();
            commit(event);
        }
    }

    static void taskEnded(Task<?> task, @Nullable Throwable failure) {
        if (TASK_END.isEnabled()) {
            TaskEnd event = new TaskEnd();
            event.task = task.name();
            event.taskThread = task.thread();
            event.core = task.core().index();
            event.age = task.ageNanos();
            event.failure = failure == null ? null : failure.toString();
            commit(event);
        }
    }

    static void driverFallback(DriverChoice choice) {
        if (DRIVER_FALLBACK.isEnabled()) {
            DriverFallback event = new DriverFallback();
            event.driver = choice.kind().toString();
            event.reason = choice.reason();
            commit(event);
        }
    }

    static void overflow(Object owner, String queue, long limit) {
        if (OVERFLOW.isEnabled()) {
            Overflow event = new Overflow();
            event.owner = owner.toString();
            event.queue = queue;
            event.limit = limit;
            commit(event);
        }
    }

    static void stall(Core core, Occupant occupant, long nanos, boolean over) {
        if (STALL.isEnabled()) {
            Stall event = new Stall();
            event.core = core.index();
            event.occupant = occupant.name();
            event.stack = occupant.stackText().strip();
            event.lasted = nanos;
            event.over = over;
            commit(event);
        }
    }

    /// With the class that it has: for a plain event the verifier would read all of its classes
    /// with [TurnRecorder], at each start.
    static void commit(SlowTurn turn) {
        commit((Event) turn);
    }

    /// JDK 25 loses the first event that a carrier commits after one of its virtual threads has
    /// committed one. So what the loop has to tell is told by a virtual thread.
    static void commit(Event event) {
        if (Thread.currentThread() instanceof CoreThread carrier) {
            VirtualThreads.unstarted(
                            carrier.core.scheduler(),
                            "corio-events",
                            carrier.getUncaughtExceptionHandler(),
                            event::commit)
                    .start();
        } else {
            event.commit();
        }
    }

    @Category("Corio")
    @Registered(false)
    @StackTrace(false)
    abstract static class CorioEvent extends Event {}

    @Name("dev.corio.TaskStart")
    @Label("Task Start")
    static final class TaskStart extends CorioEvent {
        @Label("Task")
        @Nullable String task;

        @Label("Task Thread")
        @Nullable Thread taskThread;

        @Label("Core")
        int core;
    }

    @Name("dev.corio.TaskEnd")
    @Label("Task End")
    static final class TaskEnd extends CorioEvent {
        @Label("Task")
        @Nullable String task;

        @Label("Task Thread")
        @Nullable Thread taskThread;

        @Label("Core")
        int core;

        @Label("Age")
        @Description("From spawn to end")
        @Timespan
        long age;

        @Label("Failure")
        @Description("What the task threw")
        @Nullable String failure;
    }

    @Name("dev.corio.DriverFallback")
    @Label("Driver Fallback")
    @Description("io_uring could not be had")
    static final class DriverFallback extends CorioEvent {
        @Label("Driver")
        @Nullable String driver;

        @Label("Reason")
        @Nullable String reason;
    }

    @Name("dev.corio.Overflow")
    @Label("Overflow")
    @Description("Something with a limit was full")
    static final class Overflow extends CorioEvent {
        @Label("Owner")
        @Nullable String owner;

        @Label("Queue")
        @Nullable String queue;

        @Label("Limit")
        long limit;
    }

    @Name("dev.corio.Stall")
    @Label("Stall")
    @Description("A core was kept from its loop, CoreOptions.stallAfter or longer")
    static final class Stall extends CorioEvent {
        @Label("Core")
        int core;

        @Label("Occupant")
        @Description("The task that kept it, or the loop itself")
        @Nullable String occupant;

        @Label("Stack")
        @Nullable String stack;

        @Label("Lasted")
        @Timespan
        long lasted;

        @Label("Over")
        @Description("Whether it has ended, or goes on as far as this event knows")
        boolean over;
    }

    @Name("dev.corio.SlowTurn")
    @Label("Slow Turn")
    @Description("Completions, timers and tasks between two visits to the kernel took long")
    @Threshold("20 ms")
    static final class SlowTurn extends CorioEvent {
        @Label("Core")
        int core;

        @Label("Task Switches")
        long taskSwitches;

        @Label("Completions")
        long completions;
    }
}
