package dev.corio.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The tasks of some cores as text: name, what each waits for, age.
///
/// Each core is asked for its list, which costs it a walk and no more; the text is made by whoever
/// asks, so a line holds for the moment in which it was written. A core that does not answer soon,
/// because something keeps it or its mailbox is full, is looked at from outside: then the list may
/// lack tasks, and what keeps the core is named with its stack.
///
/// **Threading:** safe from any thread.
final class TaskDump {
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private TaskDump() {}

    static String of(List<Core> cores) {
        List<CompletableFuture<List<Task<?>>>> answers = new ArrayList<>();
        for (Core core : cores) {
            CompletableFuture<List<Task<?>>> answer = new CompletableFuture<>();
            if (core.isCurrent()) {
                answer.complete(list(core));
            } else {
                core.loop.mailbox.offerWork(() -> answer.complete(list(core)));
            }
            answers.add(answer);
        }
        StringBuilder text = new StringBuilder();
        long deadlineNanos = System.nanoTime() + PATIENCE_NANOS;
        for (int i = 0; i < cores.size(); i++) {
            append(text, cores.get(i), await(answers.get(i), deadlineNanos - System.nanoTime()));
        }
        return text.toString();
    }

    private static List<Task<?>> list(Core core) {
        List<Task<?>> tasks = new ArrayList<>(core.tasks().count());
        core.tasks().forEach(tasks::add);
        return tasks;
    }

    private static @Nullable List<Task<?>> await(
            CompletableFuture<List<Task<?>>> answer, long nanos) {
        try {
            return answer.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (InterruptedException e) {
            // Whoever is interrupted gets what can be had at once.
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    private static void append(StringBuilder text, Core core, @Nullable List<Task<?>> answer) {
        List<Task<?>> tasks = answer == null ? list(core) : answer;
        text.append(core).append(": ").append(tasks.size()).append(" tasks");
        if (answer == null && core.loop.thread().isAlive()) {
            Occupant occupant = Occupant.of(core.loop);
            text.append(" at least; it does not answer, for it is kept by ")
                    .append(occupant.name())
                    .append(", here:")
                    .append(occupant.stackText());
        }
        text.append('\n');
        Thread running = core.loop.runningTask();
        for (Task<?> task : tasks) {
            text.append("  ")
                    .append(task.name())
                    .append(": ")
                    .append(task.thread() == running ? "runs" : state(task.thread()))
                    .append(", age ")
                    .append(DelayHistogram.text(task.ageNanos()))
                    .append('\n');
        }
    }

    private static String state(Thread thread) {
        Object blocker = LockSupport.getBlocker(thread);
        Thread.State state = thread.getState();
        return switch (state) {
            case NEW -> "begins";
            case RUNNABLE -> "is ready";
            case BLOCKED -> "waits for a monitor";
            case WAITING -> "waits" + (blocker == null ? "" : " for " + blocker);
            case TIMED_WAITING -> "waits a while" + (blocker == null ? "" : " for " + blocker);
            case TERMINATED -> "has ended";
        };
    }
}
