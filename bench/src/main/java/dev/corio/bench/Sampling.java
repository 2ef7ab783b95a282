package dev.corio.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Samples what a server runs: perf starts a load, and looks a thousand times a second, while that
/// runs, where each thread of the server is. Where the machine has no counters of cycles a timer
/// does it, which cannot look into code that has interrupts off: what ran there is found at the
/// function that lets them in again (`_raw_spin_unlock_irqrestore`, `finish_task_switch`).
///
/// **Threading:** safe from any thread.
final class Sampling {
    /// Until the load has made its connections.
    static final double DELAY_SECONDS = 0.5;

    private static final int SAMPLES_PER_SECOND = 997;
    private static final int SECOND_MILLIS = 1_000;
    private static final String JAVA = "java";

    private Sampling() {}

    /// The load program with perf around it.
    static List<String> around(List<String> loadProgram, long pid, Path samples) {
        return Perf.around(
                loadProgram,
                pid,
                samples,
                "record",
                "-q",
                "-N",
                "-D",
                Integer.toString((int) (DELAY_SECONDS * SECOND_MILLIS)),
                "-e",
                "cpu-clock",
                "-F",
                Integer.toString(SAMPLES_PER_SECOND));
    }

    /// Reads what perf has sampled of a server, which still runs: its JVM is asked for the names of
    /// what it has compiled.
    ///
    /// @param program the server's file
    /// @param output what perf says, when it is read
    /// @throws IOException also when perf may not look into the kernel, where most of the time goes
    static Profile read(Path samples, long pid, Path program, Path output)
            throws IOException, InterruptedException {
        Path names = Path.of("/tmp", "perf-" + pid + ".map");
        try {
            Path jcmd = program.resolveSibling("jcmd");
            if (program.endsWith(JAVA) && Files.isExecutable(jcmd)) {
                run(
                        output,
                        jcmd.toString(),
                        Long.toString(pid),
                        "Compiler.perfmap",
                        names.toString());
            }
            run(output, "perf", "script", "-i", samples.toString(), "-F", "ip,sym,dso");
            // Not every name of a symbol is UTF-8.
            try (Stream<String> lines = Files.lines(output, StandardCharsets.ISO_8859_1)) {
                Profile profile = Profile.of(lines, program.toString());
                if (profile.part(Profile.Place.KERNEL) == 0) {
                    throw new IOException(
                            "perf has no samples of the kernel: run it as root, or with"
                                    + " kernel.perf_event_paranoid at 1");
                }
                return profile;
            }
        } finally {
            Files.deleteIfExists(names);
        }
    }

    private static void run(Path output, String... command)
            throws IOException, InterruptedException {
        Path errors = output.resolveSibling(output.getFileName() + ".errors");
        int exit =
                new ProcessBuilder(command)
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile())
                        .start()
                        .waitFor();
        if (exit != 0) {
            throw new IOException(
                    String.join(" ", command)
                            + " ended with "
                            + exit
                            + ": "
                            + Files.readString(errors, StandardCharsets.ISO_8859_1).strip());
        }
    }
}
