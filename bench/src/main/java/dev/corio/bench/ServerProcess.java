package dev.corio.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A server on its CPU: started, awaited until it echoes, measured, ended.
///
/// **Threading:** used by one thread.
final class ServerProcess implements AutoCloseable {
    private static final long START_NANOS_MAX = TimeUnit.SECONDS.toNanos(20);
    private static final int CONNECT_MILLIS_MAX = 1_000;
    private static final int ANSWER_MILLIS_MAX = 5_000;
    private static final long POLL_MILLIS = 1;
    private static final int PROBE = 'e';
    private static final double MILLI_NANOS = 1e6;

    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private final ChildProcess child;
    private final List<String> command;
    private final InetSocketAddress address;
    private double startMillis;

    private ServerProcess(ChildProcess child, List<String> command, InetSocketAddress address) {
        this.child = child;
        this.command = command;
        this.address = address;
    }

    /// Starts the server and waits until it echoes.
    static ServerProcess start(int cpu, InetSocketAddress address, List<String> command, Path log)
            throws IOException, InterruptedException {
        long beginNanos = System.nanoTime();
        ChildProcess child = ChildProcess.start("it", cpu, command, log);
        ServerProcess server = new ServerProcess(child, command, address);
        try {
            server.awaitEcho(beginNanos);
        } catch (IOException | InterruptedException e) {
            child.close();
            throw e;
        }
        return server;
    }

    /// A port that was free a moment ago. Fresh ports for fresh servers: one that was killed may
    /// hold its port a few milliseconds longer, while the kernel takes its ring apart.
    static InetSocketAddress freeAddress() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
        }
    }

    InetSocketAddress address() {
        return address;
    }

    long pid() {
        return child.pid();
    }

    /// The file that it runs.
    Path program() throws IOException {
        return Path.of("/proc", Long.toString(child.pid()), "exe").toRealPath();
    }

    boolean isAlive() {
        return child.isAlive();
    }

    boolean hasArgument(String argument) {
        return command.contains(argument);
    }

    /// Answers whether it has ended within that time.
    boolean awaitEnd(long nanosMax) throws InterruptedException {
        return child.process().waitFor(nanosMax, TimeUnit.NANOSECONDS);
    }

    /// Asks it to end (SIGTERM) and gives it that time for what it does then.
    ///
    /// @throws IOException when that was not enough
    void end(long nanosMax) throws IOException, InterruptedException {
        child.process().destroy();
        if (!awaitEnd(nanosMax)) {
            throw failure("did not end within " + TimeUnit.NANOSECONDS.toSeconds(nanosMax) + " s");
        }
    }

    IOException failure(String what) throws IOException {
        return child.failure(what);
    }

    ProcessCpu cpu() throws IOException {
        if (!child.isAlive()) {
            throw child.failure("ended during the measurement");
        }
        return ProcessCpu.sample(child.pid());
    }

    /// From the start of the process to the first byte that it echoed, on a connection of its own.
    double startMillis() {
        return startMillis;
    }

    /// The resident set: what the process holds of the machine's memory.
    long residentBytes() throws IOException {
        String status = Files.readString(Path.of("/proc", Long.toString(child.pid()), "status"));
        Matcher resident = RESIDENT.matcher(status);
        if (!resident.find()) {
            throw new IOException("/proc/" + child.pid() + "/status has no VmRSS");
        }
        return Long.parseLong(resident.group(1)) << 10;
    }

    @Override
    public void close() {
        child.close();
    }

    private void awaitEcho(long beginNanos) throws IOException, InterruptedException {
        long giveUp = beginNanos + START_NANOS_MAX;
        while (!echoes()) {
            if (!child.isAlive()) {
                throw child.failure("did not start");
            }
            if (System.nanoTime() > giveUp) {
                throw child.failure("does not accept on " + Peer.Site.text(address));
            }
            Thread.sleep(POLL_MILLIS);
        }
        startMillis = (System.nanoTime() - beginNanos) / MILLI_NANOS;
    }

    /// A connection that is refused or ends is tried again; one that stays silent is a failure.
    private boolean echoes() throws IOException {
        boolean isConnected = false;
        try (Socket socket = new Socket()) {
            socket.connect(reachable(), CONNECT_MILLIS_MAX);
            isConnected = true;
            socket.setSoTimeout(ANSWER_MILLIS_MAX);
            socket.getOutputStream().write(PROBE);
            return socket.getInputStream().read() == PROBE;
        } catch (IOException e) {
            if (isConnected && e instanceof SocketTimeoutException) {
                throw child.failure(
                        "accepts on " + Peer.Site.text(address) + " and echoes nothing");
            }
            return false;
        }
    }

    /// What listens on every address listens on the loopback one.
    private InetSocketAddress reachable() {
        return address.getAddress().isAnyLocalAddress()
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort())
                : address;
    }
}
