package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Samples what a server runs: perf starts a load, and looks a thousand times a second, while that
/// runs, where each thread of the server is. Where the machine has no counters of cycles a timer
/// does it, which cannot look into code that has interrupts off: what ran there is found at the
/// function that lets them in again (`_raw_spin_unlock_irqrestore`, `finish_task_switch`).
///
/// **Threading:** safe from any thread.
final class Sampling {
    private static final int SAMPLES_PER_SECOND = 997;

    private Sampling() {}

    /// The load program with perf around it.
    static List<String> around(List<String> loadProgram, long pid, Path samples) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "perf",
                                "record",
                                "-q",
                                "-e",
                                "cpu-clock",
                                "-F",
                                Integer.toString(SAMPLES_PER_SECOND),
                                "-p",
                                Long.toString(pid),
                                "-o",
                                samples.toString(),
                                "--"));
        command.addAll(loadProgram);
        return command;
    }

    /// Reads what perf has sampled of a server, which still runs: its JVM is asked for the names of
    /// what it has compiled.
    ///
    /// @param program the server's file
    static Profile read(Path samples, long pid, Path program, Path log)
            throws IOException, InterruptedException {
        Path names = Path.of("/tmp", "perf-" + pid + ".map");
        Path jcmd = program.resolveSibling("jcmd");
        if (Files.isExecutable(jcmd)) {
            run(log, jcmd.toString(), Long.toString(pid), "Compiler.perfmap", names.toString());
        }
        try {
            Path text = run(log, "perf", "script", "-i", samples.toString(), "-F", "ip,sym,dso");
            try (Stream<String> lines = Files.lines(text)) {
                return Profile.of(lines, program.toString());
            }
        } finally {
            Files.deleteIfExists(names);
        }
    }

    private static Path run(Path output, String... command)
            throws IOException, InterruptedException {
        int exit =
                new ProcessBuilder(command)
                        .redirectOutput(output.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
        if (exit != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + exit);
        }
        return output;
    }
}
