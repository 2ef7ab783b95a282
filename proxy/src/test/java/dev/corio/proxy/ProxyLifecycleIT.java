package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.uring.IoUring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The proxy as a process: how it starts, ends, and behaves at its limits.
final class ProxyLifecycleIT {
    private static final Duration SOON = Duration.ofSeconds(10);

    private EchoServer upstream;

    @BeforeEach
    void startUpstream() throws IOException {
        upstream = new EchoServer(0);
    }

    @AfterEach
    void stopUpstream() throws IOException {
        upstream.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void bytesComeBackAndNothingIsLeft(String driver) throws Exception {
        try (ProxyProcess proxy = start(driver)) {
            for (int i = 0; i < 20; i++) {
                try (Socket client = connect(proxy)) {
                    assertEcho(client, "message " + i);
                }
            }
            proxy.stop();
            assertEquals(20, proxy.stat("accepted"));
            assertEquals(0, proxy.stat("refused"));
            assertEquals(proxy.stat("bytesForward"), proxy.stat("bytesBackward"));
            assertNothingLeft(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void aSignalLetsConnectionsFinish(String driver) throws Exception {
        try (ProxyProcess proxy = start(driver, "--drain", "20s");
                Socket client = connect(proxy)) {
            assertEcho(client, "before");
            proxy.terminate();
            awaitStopping(proxy);
            assertEcho(client, "after");
            client.close();
            proxy.awaitExit(0);
            assertTrue(proxy.output().contains("1 connections drained, 0 cut"), proxy.output());
            assertNothingLeft(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void whatDoesNotFinishInTimeIsCutAndCounted(String driver) throws Exception {
        try (ProxyProcess proxy = start(driver, "--drain", "300ms");
                Socket client = connect(proxy)) {
            assertEcho(client, "before");
            proxy.stop();
            assertTrue(proxy.output().contains("0 connections drained, 1 cut"), proxy.output());
            assertEnded(client);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void aSecondSignalCutsAtOnce(String driver) throws Exception {
        try (ProxyProcess proxy = start(driver, "--drain", "1h");
                Socket client = connect(proxy)) {
            assertEcho(client, "before");
            proxy.terminate();
            awaitStopping(proxy);
            assertTrue(proxy.isAlive());
            proxy.stop();
            assertTrue(proxy.output().contains("0 connections drained, 1 cut"), proxy.output());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void beyondTheLimitConnectionsWait(String driver) throws Exception {
        try (ProxyProcess proxy = start(driver, "--max-connections", "2");
                Socket first = connect(proxy);
                Socket second = connect(proxy)) {
            assertEcho(first, "first");
            assertEcho(second, "second");
            try (Socket third = connect(proxy)) {
                third.getOutputStream().write('x');
                third.setSoTimeout(300);
                assertThrowsTimeout(third);
                proxy.awaitOutput("as many as --max-connections allows", SOON);
                first.close();
                third.setSoTimeout((int) SOON.toMillis());
                assertEquals('x', third.getInputStream().read());
            }
            second.close();
            proxy.stop();
            assertNothingLeft(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void withoutDescriptorsItPausesAndGoesOn(String driver) throws Exception {
        try (ProxyProcess proxy = start(driver)) {
            limitDescriptors(proxy, proxy.descriptorCount() + 7);
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                clients.add(connect(proxy));
            }
            proxy.awaitOutput("EMFILE", SOON);
            long cpuBefore = cpuMillis(proxy);
            Thread.sleep(1000);
            assertTrue(cpuMillis(proxy) - cpuBefore < 500, "it spins without descriptors");
            for (Socket client : clients) {
                client.close();
            }
            limitDescriptors(proxy, 1000);
            try (Socket client = connect(proxy)) {
                assertEcho(client, "again");
            }
            proxy.stop();
            assertEquals(1, proxy.output().lines().filter(l -> l.contains("EMFILE")).count());
            assertNothingLeft(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void aDeadUpstreamIsSkippedAndUsedAgainLater(String driver) throws Exception {
        try (EchoServer other = new EchoServer(0);
                ProxyProcess proxy = start(driver, "--to", "127.0.0.1:" + other.port())) {
            int port = upstream.port();
            upstream.close();
            for (int i = 0; i < 10; i++) {
                try (Socket client = connect(proxy)) {
                    assertEcho(client, "to the other");
                }
            }
            proxy.awaitOutput("upstream 127.0.0.1:" + port + " fails", SOON);
            upstream = new EchoServer(port);
            other.close();
            proxy.awaitOutput("listening", SOON);
            long deadline = System.nanoTime() + SOON.toNanos();
            while (upstream.served() == 0 && System.nanoTime() < deadline) {
                try (Socket client = connect(proxy)) {
                    // The other may still take a connection while it closes: then nothing comes
                    // back.
                    client.getOutputStream().write(1);
                    client.getInputStream().read();
                }
            }
            assertTrue(upstream.served() > 0, proxy.output());
            proxy.stop();
            assertNothingLeft(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void withNoUpstreamTheClientIsClosed(String driver) throws Exception {
        upstream.close();
        try (ProxyProcess proxy = start(driver);
                Socket client = connect(proxy)) {
            assertEnded(client);
            proxy.stop();
            assertEquals(1, proxy.stat("refused"));
            assertNothingLeft(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void anIdleConnectionIsClosed(String driver) throws Exception {
        try (ProxyProcess proxy = start(driver, "--idle-timeout", "300ms");
                Socket client = connect(proxy)) {
            assertEcho(client, "hello");
            assertEnded(client);
            proxy.stop();
            assertNothingLeft(proxy);
        }
    }

    @Test
    void aPortInUseIsOneLineAndOne() throws Exception {
        String address = "127.0.0.1:" + upstream.port();
        ProxyProcess proxy = ProxyProcess.run("proxy", "--listen", address, "--to", address);
        assertEquals(1, proxy.exitCode());
        assertEquals(1, proxy.output().lines().count(), proxy.output());
        assertTrue(proxy.output().contains("EADDRINUSE"), proxy.output());
        proxy.close();
    }

    @Test
    void aSecondProxyAtTheSamePortIsRefused() throws Exception {
        try (ProxyProcess first = start("epoll")) {
            String address = Proxy.text(first.address());
            try (ProxyProcess second =
                    ProxyProcess.run("proxy", "--listen", address, "--to", address)) {
                assertEquals(1, second.exitCode(), second.output());
            }
            first.stop();
        }
    }

    @Test
    void aCpuThatIsNotOursIsRefusedWithoutATrace() throws Exception {
        try (ProxyProcess proxy =
                ProxyProcess.run("proxy", "--listen", ":0", "--to", ":1", "--cores", "4095")) {
            assertFalse(proxy.output().contains("\tat "), proxy.output());
            assertTrue(proxy.exitCode() == 1 || proxy.exitCode() == 2, proxy.output());
        }
    }

    private ProxyProcess start(String driver, String... more) throws Exception {
        if (driver.equals("io_uring")) {
            String reason = IoUring.unavailabilityReason();
            assumeTrue(reason == null, () -> "io_uring unavailable: " + reason);
        }
        List<String> arguments =
                new ArrayList<>(
                        List.of("--to", "127.0.0.1:" + upstream.port(), "--driver", driver));
        arguments.addAll(List.of(more));
        return ProxyProcess.start(arguments.toArray(String[]::new));
    }

    private static Socket connect(ProxyProcess proxy) throws IOException {
        Socket socket = new Socket(proxy.address().getAddress(), proxy.address().getPort());
        socket.setSoTimeout((int) SOON.toMillis());
        return socket;
    }

    private static void assertEcho(Socket client, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        client.getOutputStream().write(bytes);
        assertArrayEquals(bytes, client.getInputStream().readNBytes(bytes.length));
    }

    private static void assertEnded(Socket client) throws IOException {
        try {
            assertEquals(-1, client.getInputStream().read());
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the connection is still open", e);
        } catch (IOException reset) {
            assertTrue(reset.getMessage().contains("reset"), reset.toString());
        }
    }

    private static void assertThrowsTimeout(Socket client) throws IOException {
        try {
            throw new AssertionError("served beyond the limit: " + client.getInputStream().read());
        } catch (SocketTimeoutException expected) {
            assertFalse(client.isClosed());
        }
    }

    private static void awaitStopping(ProxyProcess proxy) throws Exception {
        proxy.awaitOutput("stopping, 1 connections may go on", SOON);
        assertThrows(IOException.class, () -> connect(proxy).close());
    }

    private static void assertNothingLeft(ProxyProcess proxy) throws IOException {
        assertEquals(0, proxy.stat("operationsInFlight"), "operations in flight");
        assertEquals(0, proxy.stat("buffersLeased"), "leased buffers");
        assertEquals(0, proxy.stat("descriptorsOpen"), "descriptors");
        assertEquals(0, proxy.stat("tasksLive"), "tasks");
        assertEquals(0, proxy.stat("staleCompletions"), "stale completions");
    }

    private static void limitDescriptors(ProxyProcess proxy, int count) throws Exception {
        Process prlimit =
                new ProcessBuilder(
                                "prlimit",
                                "--pid",
                                "" + proxy.pid(),
                                "--nofile=" + count + ":20000")
                        .inheritIO()
                        .start();
        assertEquals(0, prlimit.waitFor());
    }

    private static long cpuMillis(ProxyProcess proxy) {
        return ProcessHandle.of(proxy.pid())
                .flatMap(handle -> handle.info().totalCpuDuration())
                .map(Duration::toMillis)
                .orElseThrow();
    }

    private static final class EchoServer implements AutoCloseable {
        private final ServerSocket listener;
        private final List<Socket> sockets = new ArrayList<>();
        private int served;

        EchoServer(int port) throws IOException {
            listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            Thread.ofPlatform().daemon().name("echo listener").start(this::acceptAll);
        }

        int port() {
            return listener.getLocalPort();
        }

        synchronized int served() {
            return served;
        }

        @Override
        public synchronized void close() throws IOException {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        }

        private void acceptAll() {
            while (!listener.isClosed()) {
                try {
                    Socket socket = listener.accept();
                    add(socket);
                    Thread.ofVirtual().start(() -> echo(socket));
                } catch (IOException closed) {
                    return;
                }
            }
        }

        private synchronized void add(Socket socket) {
            sockets.add(socket);
            served++;
        }

        private static void echo(Socket socket) {
            try (socket) {
                socket.getInputStream().transferTo(socket.getOutputStream());
            } catch (IOException ended) {
                // The proxy or the test closed it.
            }
        }
    }
}
