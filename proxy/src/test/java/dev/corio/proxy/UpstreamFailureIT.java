package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// Upstreams that are killed, started again, or never answer.
final class UpstreamFailureIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int LARGE_BYTES = 64 << 20;

    /// What curl ends with when the server's end of the connection is lost while it receives.
    private static final Set<Integer> CURL_LOST = Set.of(18, 56);

    private static final byte[] PING = "PING\r\n".getBytes(StandardCharsets.US_ASCII);

    @TempDir private Path first;
    @TempDir private Path second;
    private ServerProcess nginx;

    @BeforeEach
    void startNginx() throws Exception {
        nginx = ServerProcess.nginx(first);
        Files.writeString(first.resolve("files/name"), "first");
        Files.write(first.resolve("files/large"), new byte[LARGE_BYTES]);
    }

    @AfterEach
    void stopNginx() throws Exception {
        nginx.close();
    }

    @EveryDriver
    void aDownloadThatLosesItsServerEndsAndTheNextOneWorks(ProxyUnderTest driver) throws Exception {
        Path target = first.resolve("fetched");
        driver.run(
                proxy -> {
                    Process curl =
                            Program.CURL.start(
                                    "-sS", "-o", target.toString(), proxy.url("/slow/large"));
                    Program.awaitBytes(target, curl);
                    nginx.kill();
                    int lost = curl.waitFor();
                    assertTrue(CURL_LOST.contains(lost), "curl ended with " + lost);
                    assertTrue(Files.size(target) < LARGE_BYTES, "nothing was cut");
                    // Nobody is there: the client is told at once.
                    assertNotEquals(0, Program.CURL.run("-sS", proxy.url("/name")).exitCode());
                    proxy.awaitOutput("upstream " + nginx.address() + " fails", SOON);
                    nginx.restart();
                    for (int i = 0; i < 10; i++) {
                        assertEquals("first", fetchName(proxy));
                    }
                    proxy.awaitOutput("upstream " + nginx.address() + " is back", SOON);
                },
                "--to",
                nginx.address());
    }

    @EveryDriver
    void aClientThatSendsOnLearnsThatItsServerIsGone(ProxyUnderTest driver) throws Exception {
        try (ServerProcess redis = ServerProcess.redis(second)) {
            driver.run(
                    proxy -> {
                        try (Socket client = proxy.connect()) {
                            assertServed(client);
                            redis.kill();
                            assertEnded(client);
                            assertRefused(client);
                        }
                        redis.restart();
                        try (Socket client = proxy.connect()) {
                            assertServed(client);
                        }
                    },
                    "--to",
                    redis.address());
        }
    }

    @EveryDriver
    void theLivingOneOfTwoServes(ProxyUnderTest driver) throws Exception {
        try (ServerProcess other = ServerProcess.nginx(second)) {
            Files.writeString(second.resolve("files/name"), "second");
            driver.run(
                    proxy -> {
                        awaitName(proxy, "first");
                        awaitName(proxy, "second");
                        nginx.kill();
                        for (int i = 0; i < 20; i++) {
                            assertEquals("second", fetchName(proxy));
                        }
                        nginx.restart();
                        awaitName(proxy, "first");
                        other.kill();
                        for (int i = 0; i < 20; i++) {
                            assertEquals("first", fetchName(proxy));
                        }
                    },
                    "--to",
                    nginx.address(),
                    "--to",
                    other.address());
        }
    }

    @EveryDriver
    void anUpstreamThatNeverAnswersIsGivenUpInTime(ProxyUnderTest driver) throws Exception {
        try (BlackHole hole = new BlackHole()) {
            driver.run(
                    proxy -> {
                        long startNanos = System.nanoTime();
                        try (Socket client = proxy.connect()) {
                            assertEnded(client);
                        }
                        Duration waited = Duration.ofNanos(System.nanoTime() - startNanos);
                        // The kernel itself would give up after two minutes.
                        assertTrue(waited.toMillis() >= 700, "given up after " + waited);
                        proxy.awaitOutput("upstream " + hole.address() + " fails", SOON);
                    },
                    "--to",
                    hole.address(),
                    "--connect-timeout",
                    "700ms");
            driver.run(
                    proxy -> {
                        for (int i = 0; i < 4; i++) {
                            assertEquals("first", fetchName(proxy));
                        }
                    },
                    "--to",
                    hole.address(),
                    "--to",
                    nginx.address(),
                    "--connect-timeout",
                    "200ms");
        }
    }

    private static String fetchName(ProxyProcess proxy) throws Exception {
        return Program.CURL.run("-sS", "--fail", proxy.url("/name")).succeeded().text();
    }

    private static void awaitName(ProxyProcess proxy, String name) throws Exception {
        long deadlineNanos = System.nanoTime() + SOON.toNanos();
        while (!fetchName(proxy).equals(name)) {
            assertTrue(System.nanoTime() < deadlineNanos, name + " serves nobody");
        }
    }

    private static void assertServed(Socket client) throws IOException {
        client.getOutputStream().write(PING);
        byte[] answer = client.getInputStream().readNBytes(7);
        assertEquals("+PONG\r\n", new String(answer, StandardCharsets.US_ASCII));
    }

    /// Reads until the end or the reset, either of which must come.
    private static void assertEnded(Socket client) {
        try {
            client.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the connection is still open", e);
        } catch (IOException reset) {
            assertTrue(reset.getMessage().contains("reset"), reset.toString());
        }
    }

    /// What a client sends to nobody comes back as a reset, though not necessarily at once.
    private static void assertRefused(Socket client) throws Exception {
        long deadlineNanos = System.nanoTime() + SOON.toNanos();
        while (System.nanoTime() < deadlineNanos) {
            try {
                client.getOutputStream().write(PING);
            } catch (IOException expected) {
                return;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("can still send");
    }

    /// An address at which connecting takes for ever: its backlog is full and nobody accepts.
    private static final class BlackHole implements AutoCloseable {
        private final ServerSocket listener =
                new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final List<SocketChannel> waiting = new ArrayList<>();

        BlackHole() throws Exception {
            while (isAnswering()) {
                assertTrue(waiting.size() < 100, "the backlog does not fill");
            }
        }

        String address() {
            return "127.0.0.1:" + listener.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel channel : waiting) {
                channel.close();
            }
            listener.close();
        }

        private boolean isAnswering() throws Exception {
            SocketChannel channel = SocketChannel.open();
            waiting.add(channel);
            channel.configureBlocking(false);
            channel.connect(
                    new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()));
            for (int i = 0; i < 50; i++) {
                if (channel.finishConnect()) {
                    return true;
                }
                Thread.sleep(10);
            }
            return false;
        }
    }
}
