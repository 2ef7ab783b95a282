package dev.corio.bench;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.DriverKind;
import dev.corio.core.IoBuffer;
import dev.corio.core.Task;
import dev.corio.net.TcpListener;
import dev.corio.net.TcpStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The echo on Corio, as its documentation writes it: a straight-line task per connection.
///
/// **Threading:** the tasks are confined to their core; the hook's own thread reads counters.
@Command(
        name = "corio-echo",
        description = "Echo server on Corio.",
        mixinStandardHelpOptions = true)
final class CorioEcho implements Callable<Integer> {
    @Mixin private ListenAt listen = new ListenAt();

    @Option(names = "--driver", description = "auto, io_uring or epoll (${DEFAULT-VALUE}).")
    private String driver = "auto";

    @Option(names = "--features", description = "Mask of ring features, as in kernel-5.10.")
    private String featureMask = "";

    @Option(
            names = "--spin",
            paramLabel = "MICROS",
            description = "Looks for work so long before sleeping (${DEFAULT-VALUE}).")
    private long spinMicros;

    @Option(names = "--stats", paramLabel = "FILE", description = "Counters as JSON, at the end.")
    private @Nullable Path stats;

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        CoreOptions options =
                CoreOptions.defaults()
                        .driver(DriverKind.parse(driver))
                        .featureMask(featureMask)
                        .spin(Duration.of(spinMicros, ChronoUnit.MICROS));
        try (Cores cores = Cores.start(options)) {
            Path file = stats;
            if (file != null) {
                Runtime.getRuntime()
                        .addShutdownHook(Thread.ofPlatform().unstarted(() -> write(cores, file)));
            }
            System.out.println(
                    "corio-echo (" + cores.driver().kind() + ") starts on " + listen.address());
            for (Task<Void> task : cores.spawnOnEach("accept", this::serve)) {
                task.join();
            }
        }
        return 0;
    }

    private @Nullable Void serve(Core core) throws IOException {
        try (TcpListener listener = TcpListener.bind(listen.address())) {
            while (true) {
                TcpStream stream = listener.accept();
                core.spawn("echo", () -> echo(stream));
            }
        }
    }

    private static @Nullable Void echo(TcpStream stream) throws IOException {
        try (stream;
                IoBuffer message = IoBuffer.unleased()) {
            stream.noDelay(true);
            while (stream.receive(message)) {
                stream.send(message);
            }
        }
        return null;
    }

    private static void write(Cores cores, Path file) {
        try {
            Files.writeString(file, Json.line(cores.stats().numbers()) + "\n");
        } catch (IOException e) {
            System.err.println("could not write " + file + ": " + e.getMessage());
        }
    }
}
