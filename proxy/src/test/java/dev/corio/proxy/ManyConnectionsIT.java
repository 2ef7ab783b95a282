package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Linux;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// Ten thousand connections through the proxy, all open at once, each of which gets its message
/// back. The other end is redis-server, which also counts them.
///
/// A proxied connection takes two descriptors, so where a process may not have that many two
/// proxies share the connections.
final class ManyConnectionsIT {
    private static final int CONNECTIONS = 10_000;

    /// For what a process has open besides its connections.
    private static final int DESCRIPTORS_RESERVED = 200;

    private static final int CONNECTING_MAX = 256;
    private static final int TIMEOUT_SECONDS = 120;

    private ServerProcess redis;

    @BeforeEach
    void startRedis(@TempDir Path directory) throws Exception {
        redis = ServerProcess.redis(directory);
    }

    @AfterEach
    void stopRedis() throws Exception {
        redis.close();
    }

    @EveryDriver
    void tenThousandConnectionsAreServedAtOnce(ProxyUnderTest driver) throws Exception {
        long limit = Linux.rlimit(Linux.RLIMIT_NOFILE).hard();
        assumeTrue(
                Long.compareUnsigned(limit, CONNECTIONS + DESCRIPTORS_RESERVED) >= 0,
                () -> "a process may open only " + limit + " files; raise it: ulimit -Hn 20200");
        if (Long.compareUnsigned(limit, 2 * CONNECTIONS + DESCRIPTORS_RESERVED) >= 0) {
            driver.run(proxy -> connectAll(List.of(proxy)), "--to", redis.address());
        } else {
            driver.run(
                    first ->
                            driver.run(
                                    second -> connectAll(List.of(first, second)),
                                    "--to",
                                    redis.address()),
                    "--to",
                    redis.address());
        }
    }

    private void connectAll(List<ProxyProcess> proxies) throws Exception {
        int openBefore = openFiles(proxies);
        Crowd crowd = new Crowd();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            int number = i;
            InetSocketAddress address = proxies.get(i % proxies.size()).address();
            clients.add(Thread.ofVirtual().start(() -> crowd.join(number, address)));
        }
        try {
            crowd.awaitAll(crowd.served);
            assertEquals(2 * CONNECTIONS, openFiles(proxies) - openBefore);
            assertTrue(connectedToRedis() >= CONNECTIONS, "redis has " + connectedToRedis());
            crowd.speak.countDown();
            crowd.awaitAll(crowd.answered);
        } finally {
            crowd.speak.countDown();
            crowd.leave.countDown();
            for (Thread client : clients) {
                client.join(Duration.ofSeconds(TIMEOUT_SECONDS));
            }
        }
    }

    private static int openFiles(List<ProxyProcess> proxies) throws IOException {
        int count = 0;
        for (ProxyProcess proxy : proxies) {
            count += ProxyUnderTest.openFiles(proxy);
        }
        return count;
    }

    /// As redis itself counts.
    private int connectedToRedis() throws Exception {
        String text =
                Program.REDIS_CLI
                        .run("-p", "" + redis.port(), "info", "clients")
                        .succeeded()
                        .text();
        Matcher matcher = Pattern.compile("connected_clients:(\\d+)").matcher(text);
        assertTrue(matcher.find(), text);
        return Integer.parseInt(matcher.group(1));
    }

    /// The clients, which do each step together.
    private static final class Crowd {
        final CountDownLatch served = new CountDownLatch(CONNECTIONS);
        final CountDownLatch speak = new CountDownLatch(1);
        final CountDownLatch answered = new CountDownLatch(CONNECTIONS);
        final CountDownLatch leave = new CountDownLatch(1);
        private final Semaphore connecting = new Semaphore(CONNECTING_MAX);
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        void join(int number, InetSocketAddress address) {
            try (Socket socket = connect(address)) {
                served.countDown();
                speak.await();
                assertEcho(socket, "message of connection " + number);
                answered.countDown();
                leave.await();
            } catch (Throwable e) {
                failure.compareAndSet(null, new AssertionError("connection " + number, e));
            }
        }

        void awaitAll(CountDownLatch step) throws InterruptedException {
            long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
            while (!step.await(10, TimeUnit.MILLISECONDS)) {
                if (failure.get() != null) {
                    throw new AssertionError(failure.get());
                }
                if (System.nanoTime() > deadlineNanos) {
                    throw new AssertionError(step.getCount() + " connections have no answer");
                }
            }
        }

        /// Returns when the other end has answered: a connection alone may still be in a backlog.
        private Socket connect(InetSocketAddress address) throws Exception {
            connecting.acquire();
            Socket socket = new Socket();
            try {
                socket.setSoTimeout(TIMEOUT_SECONDS * 1000);
                socket.connect(address, TIMEOUT_SECONDS * 1000);
                assertEcho(socket, "hello");
                return socket;
            } catch (Throwable e) {
                socket.close();
                throw e;
            } finally {
                connecting.release();
            }
        }

        private static void assertEcho(Socket socket, String text) throws IOException {
            byte[] request = request(text);
            socket.getOutputStream().write(request);
            String expected = "$" + text.length() + "\r\n" + text + "\r\n";
            byte[] answer = socket.getInputStream().readNBytes(expected.length());
            assertEquals(expected, new String(answer, StandardCharsets.US_ASCII));
        }

        private static byte[] request(String text) {
            return "*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n"
                    .formatted(text.length(), text)
                    .getBytes(StandardCharsets.US_ASCII);
        }
    }
}
