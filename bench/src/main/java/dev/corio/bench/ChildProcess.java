package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A program started by us on one CPU, and ended by us: at [#close], or when this JVM ends in any
/// way that runs its shutdown hooks (Ctrl-C and SIGTERM do).
///
/// **Threading:** used by one thread; the hook's own thread only ends the process.
final class ChildProcess implements AutoCloseable {
    private static final long TERM_SECONDS = 5;
    private static final long SIGNAL_MILLIS = 200;
    private static final int LOG_TAIL_LINES = 5;

    private final String name;
    private final Process process;
    private final Path log;
    private final Thread hook;

    private ChildProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.hook = Thread.ofPlatform().unstarted(() -> end(process));
    }

    /// Starts `command` pinned to `cpu`, its output in the file `log`.
    static ChildProcess start(String name, int cpu, List<String> command, Path log)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(pinned(cpu, command));
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        return start(name, builder, log);
    }

    /// Starts `command` pinned to `cpu`, its standard output for us to read, its errors in `log`.
    static ChildProcess startReadable(String name, int cpu, List<String> command, Path log)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(pinned(cpu, command));
        builder.redirectError(log.toFile());
        return start(name, builder, log);
    }

    /// Ctrl-C reaches the children at the same time as this JVM; that they are gone is then no
    /// failure to report. The shutdown hooks end the JVM, whatever this thread does.
    static void awaitEndAfterSignal() throws InterruptedException {
        Thread.sleep(SIGNAL_MILLIS);
        Thread probe = Thread.ofPlatform().unstarted(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(probe);
            Runtime.getRuntime().removeShutdownHook(probe);
        } catch (IllegalStateException e) {
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    Process process() {
        return process;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// An exception that carries what the program said last.
    IOException failure(String what) throws IOException {
        List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
        List<String> tail = lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size());
        String said = tail.isEmpty() ? "it said nothing" : String.join(" | ", tail).strip();
        return new IOException(name + " " + what + ": " + said);
    }

    /// Asks the process to end (SIGTERM), and after a while makes it (SIGKILL).
    @Override
    public void close() {
        end(process);
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            assert !process.isAlive() : "the hooks are running already and end it themselves";
        }
    }

    private static ChildProcess start(String name, ProcessBuilder builder, Path log)
            throws IOException {
        ChildProcess child = new ChildProcess(name, builder.start(), log);
        try {
            Runtime.getRuntime().addShutdownHook(child.hook);
        } catch (IllegalStateException e) {
            end(child.process);
            throw new IOException("interrupted", e);
        }
        return child;
    }

    private static List<String> pinned(int cpu, List<String> command) {
        List<String> pinned = new ArrayList<>(List.of("taskset", "-c", Integer.toString(cpu)));
        pinned.addAll(command);
        return pinned;
    }

    private static void end(Process process) {
        process.destroy();
        boolean interrupted = false;
        while (true) {
            try {
                if (!process.waitFor(TERM_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    process.waitFor();
                }
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                process.destroyForcibly();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
