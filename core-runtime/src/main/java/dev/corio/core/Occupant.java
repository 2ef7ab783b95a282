package dev.corio.core;

import java.util.List;

/// What runs on the thread of a core at a moment: a task, or the loop itself (a completion, a
/// timer, work that was handed over, the driver).
///
/// **Threading:** immutable.
record Occupant(String name, List<StackTraceElement> stack) {
    static final String LOOP = "the loop itself (a completion, a timer, or work handed over)";

    static Occupant of(Thread thread, String name) {
        return new Occupant(name, List.of(thread.getStackTrace()));
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
