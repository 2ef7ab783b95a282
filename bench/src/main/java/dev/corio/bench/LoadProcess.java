package dev.corio.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The load generator in a process of its own, so that its garbage, its compiler and its CPU are
/// not the measuring process's.
///
/// **Threading:** used by one thread.
final class LoadProcess {
    private static final List<String> FLAGS = List.of("-Xms256m", "-Xmx1g", "-XX:+UseSerialGC");

    private LoadProcess() {}

    /// The generator in Java, which needs nothing but the JDK we run on.
    static List<String> java() {
        return JavaCommand.of(FLAGS, "load");
    }

    /// The same for a load of a second: its peak is lower, but it is there sooner.
    static List<String> javaSoonWarm() {
        List<String> flags = new ArrayList<>(FLAGS);
        flags.add("-XX:TieredStopAtLevel=1");
        return JavaCommand.of(flags, "load");
    }

    /// The generator in C, for servers that the one in Java cannot keep busy.
    static List<String> c(CTwins twins) throws IOException {
        return List.of(twins.program("load").toString());
    }

    /// Runs one load by `program` on `cpu` and passes its events on as they come.
    static LoadResult run(
            List<String> program, LoadOptions options, int cpu, Path log, LoadListener listener)
            throws IOException {
        List<String> command = new ArrayList<>(program);
        command.addAll(arguments(options));
        try (ChildProcess child = ChildProcess.startReadable("the load", cpu, command, log)) {
            LoadResult result = null;
            try (BufferedReader lines = child.process().inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    LoadResult last = dispatch(Json.parse(line), listener);
                    result = last == null ? result : last;
                }
            }
            if (result == null) {
                throw child.failure("failed");
            }
            return result;
        }
    }

    private static @Nullable LoadResult dispatch(Map<String, Object> line, LoadListener listener) {
        String event = Json.text(line, "event");
        switch (event) {
            case "connected" -> listener.connected();
            case "measuring" -> listener.measuring();
            case "progress" ->
                    listener.progress(Json.number(line, "seconds"), Json.count(line, "requests"));
            case "measured" -> listener.measured();
            case "result" -> {
                return LoadResult.of(line);
            }
            default -> throw new IllegalArgumentException("the load sent an unknown " + event);
        }
        return null;
    }

    private static List<String> arguments(LoadOptions options) {
        return List.of(
                "--to",
                options.target().getHostString() + ":" + options.target().getPort(),
                "--connections",
                Integer.toString(options.connections()),
                "--idle",
                Integer.toString(options.idleConnections()),
                "--size",
                Integer.toString(options.sizeBytes()),
                "--pipeline",
                Integer.toString(options.pipeline()),
                "--warmup",
                Double.toString(options.warmupSeconds()),
                "--seconds",
                Double.toString(options.seconds()),
                "--rate",
                Double.toString(options.ratePerSecond()));
    }
}
