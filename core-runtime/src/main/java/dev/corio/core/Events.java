package dev.corio.core;

import org.jspecify.annotations.Nullable;

/// What the runtime tells the JDK Flight Recorder, where there is one: a runtime image without the
/// module `jdk.jfr` only lacks the events.
///
/// Nothing here allocates or reads a clock while an event is not recorded. Measured on a virtual
/// machine: recording tasks costs 170 ns for each start and each end, recording slow turns 100 ns
/// for every turn, and any recording some 70 ns for each switch of tasks, by the JDK itself.
///
/// **Threading:** safe from any thread.
final class Events {
    /// What knows the module is only touched when this holds: without it it cannot be linked.
    private static final boolean PRESENT =
            ModuleLayer.boot()
                    .findModule("jdk.jfr")
                    .filter(jfr -> Events.class.getModule().canRead(jfr))
                    .isPresent();

    static {
        if (PRESENT) {
            RecorderWatch.begin();
        }
    }

    private Events() {}

    /// Whether somebody has started a recorder. [JfrEvents] is only touched when this holds: a
    /// start without one does not wait until its classes are read.
    static boolean haveRecorder() {
        return Recorder.exists;
    }

    /// A class of its own, for the recorder may come while this one is not yet initialised.
    static final class Recorder {
        /// Written by [RecorderWatch] when the events are registered, which happens before they are
        /// used by whoever reads this.
        static volatile boolean exists;

        private Recorder() {}
    }

    static void taskStarted(Task<?> task) {
        if (haveRecorder()) {
            JfrEvents.taskStarted(task);
        }
    }

    static void taskEnded(Task<?> task, @Nullable Throwable failure) {
        if (haveRecorder()) {
            JfrEvents.taskEnded(task, failure);
        }
    }

    static void driverFallback(DriverChoice choice) {
        if (haveRecorder()) {
            JfrEvents.driverFallback(choice);
        }
    }

    /// Something with a limit was full.
    static void overflow(Object owner, String queue, long limit) {
        if (haveRecorder()) {
            JfrEvents.overflow(owner, queue, limit);
        }
    }

    /// @param over whether it has ended, or is told while it lasts
    static void stall(Core core, Occupant occupant, long nanos, boolean over) {
        if (haveRecorder()) {
            JfrEvents.stall(core, occupant, nanos, over);
        }
    }

    /// Null when nothing can be recorded.
    static @Nullable TurnRecorder turnRecorder(Core core) {
        return PRESENT ? new TurnRecorder(core) : null;
    }
}
