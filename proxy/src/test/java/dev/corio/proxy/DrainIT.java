package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// SIGTERM while curl is in the middle of a download, and while a connection is only kept alive.
final class DrainIT {
    private static final Duration SOON = Duration.ofSeconds(20);

    /// Three seconds, at the rate of `/slow/`.
    private static final int FILE_BYTES = 3 << 20;

    private static final int CURL_CANNOT_CONNECT = 7;

    @TempDir private Path directory;
    private ServerProcess nginx;

    @BeforeEach
    void startNginx() throws Exception {
        nginx = ServerProcess.nginx(directory);
        byte[] file = new byte[FILE_BYTES];
        new Random(1).nextBytes(file);
        Files.write(directory.resolve("files/file"), file);
    }

    @AfterEach
    void stopNginx() throws Exception {
        nginx.close();
    }

    @EveryDriver
    void aDownloadMayFinish(ProxyUnderTest driver) throws Exception {
        try (ProxyProcess proxy = driver.start("--to", nginx.address(), "--drain", "60s")) {
            Path target = directory.resolve("fetched");
            Process curl =
                    Program.CURL.start("-sS", "-o", target.toString(), proxy.url("/slow/file"));
            Program.awaitBytes(target, curl);
            proxy.terminate();
            proxy.awaitOutput("stopping, 1 connections may go on", SOON);
            assertEquals(
                    CURL_CANNOT_CONNECT, Program.CURL.run("-sS", proxy.url("/file")).exitCode());
            proxy.awaitExit(0);
            assertEquals(0, curl.waitFor());
            assertEquals(-1, Files.mismatch(directory.resolve("files/file"), target));
            assertTrue(proxy.output().contains("1 connections drained, 0 cut"), proxy.output());
            ProxyUnderTest.assertNothingLeft(proxy);
        }
    }

    @EveryDriver
    void aConnectionThatIsOnlyKeptAliveIsCutAndReported(ProxyUnderTest driver) throws Exception {
        try (ProxyProcess proxy = driver.start("--to", nginx.address(), "--drain", "500ms");
                Socket client = proxy.connect()) {
            String answer = headOf(client);
            assertTrue(answer.contains("Connection: keep-alive"), answer);
            proxy.stop();
            assertTrue(proxy.output().contains("0 connections drained, 1 cut"), proxy.output());
            assertEquals(-1, client.getInputStream().read());
            // The state when it was cut: this connection's two ends, and nothing else.
            assertEquals(2, proxy.stat("descriptorsOpen"));
            assertEquals(1, proxy.stat("tasksLive"));
        }
    }

    private static String headOf(Socket client) throws IOException {
        client.getOutputStream()
                .write(
                        "HEAD /file HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = client.getInputStream().read();
            assertTrue(next >= 0, "ended within the head:\n" + head);
            head.append((char) next);
        }
        return head.toString();
    }
}
