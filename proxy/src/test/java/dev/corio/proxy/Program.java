package dev.corio.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The programs that tests set against the proxy, as the distribution packages them. A test whose
/// program is not installed fails and says how to install it.
enum Program {
    REDIS_SERVER("redis-server", "redis-server"),
    REDIS_CLI("redis-cli", "redis-tools"),
    REDIS_BENCHMARK("redis-benchmark", "redis-tools"),
    NGINX("nginx", "nginx-light"),
    CURL("curl", "curl"),
    WRK("wrk", "wrk"),
    PRLIMIT("prlimit", "util-linux"),
    PODMAN("podman", "podman");

    private static final Duration RUN_TIMEOUT = Duration.ofSeconds(120);

    private final String file;
    private final String aptPackage;

    Program(String file, String aptPackage) {
        this.file = file;
        this.aptPackage = aptPackage;
    }

    /// What a program that ran to its end has said.
    record Ended(String command, int exitCode, byte[] output, String errors) {
        String text() {
            return new String(output, StandardCharsets.UTF_8);
        }

        /// Itself, if it ended with 0.
        Ended succeeded() {
            if (exitCode != 0) {
                throw new AssertionError(this);
            }
            return this;
        }

        @Override
        public String toString() {
            return "%s: exit code %d%n%s%n%s".formatted(command, exitCode, text(), errors);
        }
    }

    /// The whole command, for those who start it themselves.
    List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(path().toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /// Runs it to its end.
    Ended run(String... arguments) throws IOException, InterruptedException {
        return runWith(new byte[0], arguments);
    }

    /// Runs it to its end with `input`.
    Ended runWith(byte[] input, String... arguments) throws IOException, InterruptedException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Ended ended = runInto(output, input, arguments);
        return new Ended(ended.command(), ended.exitCode(), output.toByteArray(), ended.errors());
    }

    /// Runs it to its end; what it prints goes to `output` as it comes.
    Ended runInto(OutputStream output, byte[] input, String... arguments)
            throws IOException, InterruptedException {
        Path errors = Files.createTempFile("corio-" + file, ".errors");
        try {
            Process process =
                    new ProcessBuilder(command(arguments)).redirectError(errors.toFile()).start();
            try {
                Thread.ofVirtual().start(() -> killLate(process));
                Thread.ofVirtual().start(() -> feed(process, input));
                process.getInputStream().transferTo(output);
                int exitCode = process.waitFor();
                String command = file + " " + String.join(" ", arguments);
                return new Ended(command, exitCode, new byte[0], Files.readString(errors));
            } finally {
                process.destroyForcibly();
            }
        } finally {
            Files.delete(errors);
        }
    }

    /// Starts it and lets it run; what it prints is lost.
    Process start(String... arguments) throws IOException {
        return new ProcessBuilder(command(arguments))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /// Waits until it has written something.
    static void awaitBytes(Path file, Process writer) throws IOException, InterruptedException {
        while (!Files.exists(file) || Files.size(file) == 0) {
            if (!writer.isAlive()) {
                throw new AssertionError(writer.info() + " ended before it got anything");
            }
            Thread.sleep(10);
        }
    }

    private static void killLate(Process process) {
        try {
            if (!process.waitFor(RUN_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }

    private static void feed(Process process, byte[] input) {
        try (OutputStream stream = process.getOutputStream()) {
            stream.write(input);
        } catch (IOException e) {
            // It ended before it read all; its exit code tells why.
            return;
        }
    }

    private Path path() {
        return Stream.concat(
                        Stream.of(System.getenv("PATH").split(":")),
                        Stream.of("/usr/local/sbin", "/usr/sbin", "/sbin"))
                .map(directory -> Path.of(directory, file))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() ->
                        new AssertionError(
                                file
                                        + " is not installed; run: sudo apt-get install -y"
                                        + " --no-install-recommends "
                                        + aptPackage));
    }
}
