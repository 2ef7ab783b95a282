package dev.corio.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The program that looks at a server while a load runs.
///
/// **Threading:** safe from any thread.
final class Perf {
    private Perf() {}

    /// The load program with perf around it, which starts it and ends with it.
    ///
    /// @param command what perf does, with its options
    static List<String> around(List<String> loadProgram, long pid, Path output, String... command) {
        List<String> around = new ArrayList<>();
        around.add("perf");
        around.addAll(Arrays.asList(command));
        around.addAll(List.of("-p", Long.toString(pid), "-o", output.toString(), "--"));
        around.addAll(loadProgram);
        return around;
    }
}
