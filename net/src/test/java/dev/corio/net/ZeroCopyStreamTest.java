package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.IoBuffer;
import dev.corio.core.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/// Streams and relays that send without copies, to a peer that has no room for the bytes until it
/// reads; that nothing else changes the tests of streams show, which run so too. Each has a twin
/// that copies.
final class ZeroCopyStreamTest {
    private static final DriverUnderTest DRIVER = DriverUnderTest.IO_URING_ZERO_COPY;
    private static final int BYTES = 150_000;
    private static final Duration LONG = Duration.ofSeconds(5);

    @Test
    void writeIsOverWhenThePeerHasTheBytes() throws Exception {
        DRIVER.run(core -> write(core, false));
    }

    @Test
    void writeIsOverAtOnceBelowTheThreshold() throws Exception {
        DRIVER.run(copying(), core -> write(core, true));
    }

    private static void write(Core core, boolean over) throws Exception {
        try (Peer peer = Peer.open()) {
            ByteBuffer source = ByteBuffer.allocateDirect(BYTES).put(bytes()).flip();
            Task<Void> writer = core.spawn("writer", () -> peer.stream.writeFully(source));
            assertStays(over, writer::isDone);
            peer.expect(bytes());
            writer.join(LONG);
            assertFalse(source.hasRemaining());
        }
    }

    @Test
    void bufferThatWasHandedOverIsHeldUntilThePeerHasTheBytes() throws Exception {
        DRIVER.run(core -> send(core, true));
    }

    @Test
    void bufferThatWasHandedOverIsReleasedAtOnceBelowTheThreshold() throws Exception {
        DRIVER.run(copying(), core -> send(core, false));
    }

    private static void send(Core core, boolean holds) throws Exception {
        try (Peer peer = Peer.open()) {
            peer.stream.send(IoBuffer.lease(BYTES).put(bytes()));
            assertStays(holds, () -> core.buffers().leasedCount() > 0);
            peer.expect(bytes());
            peer.stream.flush();
            assertEquals(0, core.buffers().leasedCount());
        }
    }

    @Test
    void closeWaitsForAPeerThatDoesNotReadOnlyForItsTime() throws Exception {
        DRIVER.run(core -> {
            try (Peer peer = Peer.open()) {
                peer.stream.linger(Duration.ofSeconds(1));
                peer.stream.send(IoBuffer.lease(BYTES).put(bytes()));
                Task<Void> closer = core.spawn("closer", peer.stream::close);
                closer.join(LONG);
                assertEquals(0, core.buffers().leasedCount());
                assertThrows(IOException.class, () -> peer.expect(bytes()));
            }
        });
    }

    @Test
    void relayHoldsItsBufferUntilThePeerHasTheBytes() throws Exception {
        DRIVER.run(core -> relay(core, true));
    }

    @Test
    void relayReleasesItsBufferAtOnceBelowTheThreshold() throws Exception {
        DRIVER.run(copying(), core -> relay(core, false));
    }

    private static void relay(Core core, boolean holds) throws Exception {
        try (Peers peers = Peers.open();
                Peer peer = Peer.open()) {
            Task<RelayResult> relay =
                    core.spawn(
                            "relay",
                            () -> Relay.run(peers.server, peer.stream, RelayOptions.defaults()));
            ByteBuffer source = ByteBuffer.wrap(bytes());
            Task<Void> writer =
                    core.spawn(
                            "writer",
                            () -> {
                                peers.client.writeFully(source);
                                peers.client.shutdownOutput();
                            });
            if (!holds) {
                writer.join(LONG);
            }
            assertStays(holds, () -> core.buffers().leasedCount() > 0);
            peer.expect(bytes());
            writer.join(LONG);
            peer.accepted.shutdownOutput();
            assertEquals(BYTES, relay.join(LONG).bytesForward());
        }
    }

    @Test
    void relayThatIsCancelledDoesNotWaitForThePeer() throws Exception {
        DRIVER.run(core -> {
            try (Peers peers = Peers.open();
                    Peer peer = Peer.open()) {
                Task<RelayResult> relay =
                        core.spawn(
                                "relay",
                                () ->
                                        Relay.run(
                                                peers.server,
                                                peer.stream,
                                                RelayOptions.defaults()));
                peers.client.write(ByteBuffer.wrap(bytes(), 0, 16_000));
                assertStays(true, () -> core.buffers().leasedCount() > 0);
                relay.cancel();
                assertThrows(CancellationException.class, () -> relay.join(LONG));
                assertEquals(0, core.buffers().leasedCount());
            }
        });
    }

    /// Waits for a state, and some time more to see that it is none on the way.
    private static void assertStays(boolean expected, BooleanSupplier state)
            throws InterruptedException {
        for (int i = 0; i < 1000 && state.getAsBoolean() != expected; i++) {
            Core.sleep(Duration.ofMillis(1));
        }
        Core.sleep(Duration.ofMillis(50));
        assertEquals(expected, state.getAsBoolean());
    }

    private static CoreOptions copying() {
        return DRIVER.options().sendZeroCopyBytes(BYTES + 1);
    }

    private static byte[] bytes() {
        byte[] bytes = new byte[BYTES];
        new Random(BYTES).nextBytes(bytes);
        return bytes;
    }

    /// A connection to a socket of the JDK that takes little before it is read.
    private record Peer(TcpStream stream, Socket accepted) implements AutoCloseable {
        static Peer open() throws IOException {
            try (ServerSocket listener = new ServerSocket()) {
                listener.setReceiveBufferSize(4096);
                listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                TcpStream stream =
                        TcpStream.connect((InetSocketAddress) listener.getLocalSocketAddress());
                stream.sendBufferBytes(4 * BYTES);
                return new Peer(stream, listener.accept());
            }
        }

        void expect(byte[] bytes) throws IOException {
            assertArrayEquals(bytes, accepted.getInputStream().readNBytes(bytes.length));
        }

        @Override
        public void close() throws IOException {
            stream.close();
            accepted.close();
        }
    }
}
