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
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// The echo on Corio, as its documentation writes it: a straight-line task per connection.
///
/// **Threading:** the tasks are confined to their core; the hook's own thread reads counters.
final class CorioEcho implements Server {
    /// @param arguments where to listen, the driver, a mask of ring features, a file for its
    ///   counters at the end, and how many microseconds it looks for work before sleeping
    @Override
    public void serve(String... arguments)
            throws IOException, InterruptedException, ExecutionException {
        InetSocketAddress address = Server.address(arguments[0]);
        Path stats = Path.of(arguments[3]);
        CoreOptions options =
                CoreOptions.defaults()
                        .driver(DriverKind.parse(arguments[1]))
                        .featureMask(arguments[2])
                        .spin(Duration.of(Long.parseLong(arguments[4]), ChronoUnit.MICROS));
        try (Cores cores = Cores.start(options)) {
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().unstarted(() -> write(cores, stats)));
            System.out.println("corio-echo (" + cores.driver().kind() + ") starts on " + address);
            for (Task<Void> task : cores.spawnOnEach("accept", core -> accept(core, address))) {
                task.join();
            }
        }
    }

    private static @Nullable Void accept(Core core, InetSocketAddress address) throws IOException {
        try (TcpListener listener = TcpListener.bind(address)) {
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
