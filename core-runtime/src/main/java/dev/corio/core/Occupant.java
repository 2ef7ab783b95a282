package dev.corio.core;

import java.util.List;

/// What runs on the thread of a core at a moment: a task, or the loop itself (a completion, a
/// timer, work that was handed over, the driver).
///
/// **Threading:** immutable.
record Occupant(String name, List<StackTraceElement> stack) {
    /// What is on the thread of a loop right now. Safe from any thread, but for that one.
    static Occupant of(Loop loop) {
        Thread task = loop.runningTask();
        if (task == null) {
            return new Occupant(
                    "the loop itself (a completion, a timer, or work handed over)",
                    List.of(loop.thread().getStackTrace()));
        }
        return new Occupant(
                task.getName().isEmpty() ? task.toString() : "task " + task.getName(),
                List.of(task.getStackTrace()));
    }

    /// A line for each frame.
    String stackText() {
        StringBuilder text = new StringBuilder();
        for (StackTraceElement frame : stack) {
            text.append("\n\tat ").append(frame);
        }
        return text.toString();
    }
}
