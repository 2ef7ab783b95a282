package dev.corio.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A server on its CPU: started, awaited until its port accepts, measured, ended.
///
/// **Threading:** used by one thread.
final class ServerProcess implements AutoCloseable {
    private static final long START_NANOS_MAX = TimeUnit.SECONDS.toNanos(20);
    private static final int CONNECT_MILLIS_MAX = 1_000;
    private static final long POLL_MILLIS = 20;

    private final ChildProcess child;
    private final InetSocketAddress address;

    private ServerProcess(ChildProcess child, InetSocketAddress address) {
        this.child = child;
        this.address = address;
    }

    /// Starts the server and waits until it accepts.
    static ServerProcess start(int cpu, int port, List<String> command, Path log)
            throws IOException, InterruptedException {
        ChildProcess child = ChildProcess.start("it", cpu, command, log);
        ServerProcess server =
                new ServerProcess(
                        child, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        try {
            server.awaitAccepting();
        } catch (IOException | InterruptedException e) {
            child.close();
            throw e;
        }
        return server;
    }

    /// A port that was free a moment ago. Fresh ports for fresh servers: one that was killed may
    /// hold its port a few milliseconds longer, while the kernel takes its ring apart.
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    InetSocketAddress address() {
        return address;
    }

    ProcessCpu cpu() throws IOException {
        if (!child.isAlive()) {
            throw child.failure("ended during the measurement");
        }
        return ProcessCpu.sample(child.pid());
    }

    @Override
    public void close() {
        child.close();
    }

    private void awaitAccepting() throws IOException, InterruptedException {
        long giveUp = System.nanoTime() + START_NANOS_MAX;
        while (!accepts()) {
            if (!child.isAlive()) {
                throw child.failure("did not start");
            }
            if (System.nanoTime() > giveUp) {
                throw child.failure("does not accept on port " + address.getPort());
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(address, CONNECT_MILLIS_MAX);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
