package dev.corio.bench;

import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The load generator as a process of its own: events as JSON lines on standard output, the result
/// as the last one. `LoadProcess` reads them.
@Command(
        name = "load",
        description = "Send load to an echo server (or a proxy before one) and measure it.",
        mixinStandardHelpOptions = true)
final class LoadCommand implements Callable<Integer>, LoadListener {
    @Option(names = "--to", required = true, paramLabel = "HOST:PORT", description = "The server.")
    private InetSocketAddress target = new InetSocketAddress(0);

    @Option(names = "--connections", description = "Busy connections (${DEFAULT-VALUE}).")
    private int connections = 64;

    @Option(names = "--idle", description = "Idle connections beside them (${DEFAULT-VALUE}).")
    private int idleConnections;

    @Option(names = "--size", description = "Bytes per message (${DEFAULT-VALUE}).")
    private int sizeBytes = 128;

    @Option(names = "--pipeline", description = "Messages in flight each (${DEFAULT-VALUE}).")
    private int pipeline = 1;

    @Option(names = "--warmup", description = "Seconds not recorded (${DEFAULT-VALUE}).")
    private double warmupSeconds = 2;

    @Option(names = "--seconds", description = "Seconds recorded (${DEFAULT-VALUE}).")
    private double seconds = 5;

    @Option(names = "--rate", description = "Requests per second; 0 is a closed loop.")
    private double ratePerSecond;

    @Override
    public Integer call() throws Exception {
        LoadOptions options =
                new LoadOptions(
                        target,
                        connections,
                        idleConnections,
                        sizeBytes,
                        pipeline,
                        warmupSeconds,
                        seconds,
                        ratePerSecond);
        LoadResult result = LoadGenerator.run(options, this);
        say("result", result.toMap());
        return 0;
    }

    @Override
    public void connected() {
        say("connected", Map.of());
    }

    @Override
    public void measuring() {
        say("measuring", Map.of());
    }

    @Override
    public void progress(double elapsedSeconds, long requests) {
        say("progress", Map.of("seconds", elapsedSeconds, "requests", requests));
    }

    @Override
    public void measured() {
        say("measured", Map.of());
    }

    private static void say(String event, Map<String, ? extends @Nullable Object> facts) {
        Map<String, @Nullable Object> line = new LinkedHashMap<>();
        line.put("event", event);
        line.putAll(facts);
        System.out.println(Json.line(line));
        System.out.flush();
    }
}
