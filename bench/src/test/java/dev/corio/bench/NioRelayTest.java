package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NioRelayTest {
    /// More than the buffers of the kernel hold on the whole way.
    private static final int MUCH_BYTES = 64 << 20;

    private static final int SILENCE_MILLIS_MAX = 10_000;

    private Workbench workbench;
    private ServerProcess behind;
    private ServerProcess relay;

    @BeforeEach
    void start() throws Exception {
        workbench = QuietWorkbench.open();
        behind = workbench.start(ProxyPeers.UPSTREAM, workbench.placement().loadCpu(), null);
        relay =
                workbench.start(
                        ComparisonOptions.peer("nio", ProxyPeers.ALL),
                        workbench.placement().serverCpu(),
                        behind.address());
    }

    @AfterEach
    void end() throws IOException {
        relay.close();
        behind.close();
        workbench.close();
    }

    @Test
    void whatAReaderLeavesWaitsAndAnEndGoesThroughBehindIt() throws Exception {
        byte[] sent = new byte[MUCH_BYTES];
        new Random(1).nextBytes(sent);
        try (Socket client = connect()) {
            Thread writer = Thread.ofVirtual().start(() -> send(client, sent));
            assertFalse(writer.join(Duration.ofSeconds(1)), "nobody reads: it must wait");
            assertArrayEquals(sent, client.getInputStream().readAllBytes());
            writer.join();
        }
    }

    @Test
    void whoCannotBeServedIsClosedAndTheNextIsServedAgain() throws Exception {
        InetSocketAddress address = behind.address();
        behind.close();
        try (Socket client = connect()) {
            assertTrue(isClosed(client.getInputStream()));
        }
        behind =
                ServerProcess.start(
                        workbench.placement().loadCpu(),
                        address,
                        ProxyPeers.UPSTREAM
                                .launch()
                                .command(workbench.site(ProxyPeers.UPSTREAM, address, null)),
                        workbench.log(ProxyPeers.UPSTREAM));
        try (Socket client = connect()) {
            client.getOutputStream().write('x');
            assertEquals('x', client.getInputStream().read());
        }
    }

    private Socket connect() throws IOException {
        Socket client = new Socket();
        client.connect(relay.address());
        client.setSoTimeout(SILENCE_MILLIS_MAX);
        return client;
    }

    private static void send(Socket client, byte[] bytes) {
        try {
            client.getOutputStream().write(bytes);
            client.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isClosed(InputStream in) throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketException e) {
            return true; // reset
        }
    }
}
