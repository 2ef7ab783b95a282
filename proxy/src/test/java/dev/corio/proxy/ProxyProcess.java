package dev.corio.proxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The built `corio.jar proxy` as a child process, started as a user starts it: `java -jar`, no
/// flags. It listens on a port that the kernel chose, see [#address].
///
/// ```java
/// try (ProxyProcess proxy = ProxyProcess.start("--to", "127.0.0.1:6379", "--driver", "epoll")) {
///     talkTo(proxy.address());
///     proxy.stop();                                   // SIGTERM, waits, asserts exit 0
///     assertEquals(0, proxy.stat("operationsInFlight"));
/// }
/// ```
///
/// [#close] kills what is left. Every failure carries the whole output of the process.
final class ProxyProcess implements AutoCloseable {
    static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
    static final Duration CLIENT_TIMEOUT = Duration.ofSeconds(30);
    private static final Pattern ADDRESS = Pattern.compile("listening on (\\S+?):(\\d+)[, ]");

    private final Process process;
    private final Path statsFile;
    private final List<String> lines = new ArrayList<>();
    private final Thread reader;
    private InetSocketAddress address;

    private ProxyProcess(Process process, Path statsFile) {
        this.process = process;
        this.statsFile = statsFile;
        reader = Thread.ofPlatform().daemon().name("proxy output").start(this::readOutput);
    }

    /// Starts it with `arguments` after `proxy --listen 127.0.0.1:0 --stats …` and waits until it
    /// accepts.
    static ProxyProcess start(String... arguments) throws IOException, InterruptedException {
        return startUnder(List.of(), arguments);
    }

    /// As [#start], but by a program that limits what it starts and then becomes it, such as
    /// `prlimit`, or stays and ends as it ends.
    static ProxyProcess startUnder(List<String> limiter, String... arguments)
            throws IOException, InterruptedException {
        Path statsFile = Files.createTempFile("corio-stats", ".json");
        List<String> command = new ArrayList<>(limiter);
        command.addAll(command());
        command.addAll(
                List.of("proxy", "--listen", "127.0.0.1:0", "--stats", statsFile.toString()));
        command.addAll(List.of(arguments));
        ProxyProcess proxy = launch(command, statsFile);
        try {
            proxy.awaitStart();
        } catch (Throwable e) {
            proxy.close();
            throw e;
        }
        return proxy;
    }

    /// Runs `corio.jar` with exactly these arguments to its end, for those that fail or only print.
    static ProxyProcess run(String... arguments) throws IOException, InterruptedException {
        return runUnder(List.of(), arguments);
    }

    /// As [#run], started as by [#startUnder].
    static ProxyProcess runUnder(List<String> limiter, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(limiter);
        command.addAll(command());
        command.addAll(List.of(arguments));
        ProxyProcess proxy = launch(command, Files.createTempFile("corio-stats", ".json"));
        if (!proxy.process.waitFor(START_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)) {
            proxy.close();
            throw new AssertionError("did not end: " + command + "\n" + proxy.output());
        }
        proxy.reader.join();
        return proxy;
    }

    /// Where it listens.
    InetSocketAddress address() {
        return address;
    }

    /// A client, connected to where it listens; it does not wait for ever.
    Socket connect() throws IOException {
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout((int) CLIENT_TIMEOUT.toMillis());
        return socket;
    }

    /// `path` at the HTTP server behind it.
    String url(String path) {
        return "http://127.0.0.1:" + address.getPort() + path;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    int exitCode() {
        return process.exitValue();
    }

    /// All that it has printed so far, on both streams.
    String output() {
        synchronized (lines) {
            return String.join("\n", lines);
        }
    }

    /// Waits until the output contains `text`.
    void awaitOutput(String text, Duration timeout) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        synchronized (lines) {
            while (lines.stream().noneMatch(line -> line.contains(text))) {
                long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
                if (leftMillis <= 0 || (!reader.isAlive() && !process.isAlive())) {
                    throw new AssertionError("no '" + text + "' in the output:\n" + output());
                }
                lines.wait(Math.min(leftMillis, 100));
            }
        }
    }

    /// How many descriptors it has open, as the kernel counts.
    int descriptorCount() throws IOException {
        try (var entries = Files.list(Path.of("/proc", String.valueOf(pid()), "fd"))) {
            return (int) entries.count();
        }
    }

    /// Sends SIGTERM, not waiting for what follows.
    void terminate() {
        // Not Process.destroy, which closes the streams too: the last lines would be lost.
        ProcessHandle started = process.toHandle();
        // Bubblewrap stays its parent, and passes no signal on.
        started.children().findFirst().orElse(started).destroy();
    }

    /// Sends SIGTERM and asserts that it ends with 0.
    void stop() throws InterruptedException {
        terminate();
        awaitExit(0);
    }

    /// Waits for the end and asserts the exit code.
    void awaitExit(int code) throws InterruptedException {
        if (!process.waitFor(STOP_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new AssertionError("did not end within " + STOP_TIMEOUT + ":\n" + output());
        }
        reader.join();
        if (process.exitValue() != code) {
            throw new AssertionError(
                    "exit code " + process.exitValue() + " instead of " + code + ":\n" + output());
        }
    }

    /// A number of the `--stats` line; there once it has ended.
    long stat(String name) throws IOException {
        String json = Files.readString(statsFile);
        Matcher matcher = Pattern.compile("\"" + name + "\":(-?\\d+)").matcher(json);
        if (!matcher.find()) {
            throw new AssertionError(
                    "no " + name + " in the statistics: '" + json + "'\n" + output());
        }
        return Long.parseLong(matcher.group(1));
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        boolean interrupted = false;
        try {
            process.waitFor();
            reader.join();
        } catch (InterruptedException e) {
            interrupted = true;
        }
        Files.deleteIfExists(statsFile);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<String> command() {
        String jar = System.getProperty("corio.jar", "target/corio.jar");
        if (!Files.exists(Path.of(jar))) {
            throw new AssertionError(jar + " is not there; run `mvn package` first");
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ArrayList<>(List.of(java, "-ea", "-jar", jar));
    }

    private static ProxyProcess launch(List<String> command, Path statsFile) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        return new ProxyProcess(process, statsFile);
    }

    private void awaitStart() throws InterruptedException {
        awaitOutput("listening on", START_TIMEOUT);
        Matcher matcher = ADDRESS.matcher(output());
        if (!matcher.find()) {
            throw new AssertionError("no address in the start line:\n" + output());
        }
        address = new InetSocketAddress(matcher.group(1), Integer.parseInt(matcher.group(2)));
    }

    private void readOutput() {
        InputStream stream = process.getInputStream();
        try (BufferedReader text =
                new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            String line;
            while ((line = text.readLine()) != null) {
                add(line);
            }
        } catch (IOException e) {
            add("(output ended: " + e.getMessage() + ")");
        }
    }

    private void add(String line) {
        synchronized (lines) {
            lines.add(line);
            lines.notifyAll();
        }
    }
}
