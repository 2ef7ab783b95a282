package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryReceive;
import dev.corio.core.IoBuffer;
import dev.corio.core.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Far more connections that have bytes at the same time than buffers that the driver could pick.
final class BufferExhaustionTest {
    private static final int CONNECTIONS = 32;
    private static final int MESSAGES = 20;
    private static final int MESSAGE_BYTES = 5_000;

    /// Of the loop, for a message there and back over four sockets: two to twenty, by the driver.
    /// One that asks again and again whether there is a buffer makes thousands.
    private static final int TURNS_MAX = 40;

    @EveryReceive
    void everyByteArrivesAndNothingSpins(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().groupBuffers(2).bufferBytes(1024),
                core -> {
                    List<Task<?>> clients = new ArrayList<>();
                    List<Task<?>> others = new ArrayList<>();
                    List<Peers> peers = new ArrayList<>();
                    long before = core.stats().turns();
                    for (int i = 0; i < CONNECTIONS; i++) {
                        Peers front = Peers.open();
                        Peers back = Peers.open();
                        peers.add(front);
                        peers.add(back);
                        others.add(core.spawn("relay", () -> relay(front.server, back.client)));
                        others.add(core.spawn("echo", () -> echo(back.server)));
                        Random random = new Random(i);
                        clients.add(core.spawn("client", () -> talk(front.client, random)));
                    }
                    for (Task<?> each : clients) {
                        each.join();
                    }
                    long turns = core.stats().turns() - before;
                    assertTrue(turns < CONNECTIONS * MESSAGES * TURNS_MAX, "turns: " + turns);
                    for (Task<?> each : others) {
                        each.join();
                    }
                    peers.forEach(Peers::close);
                });
    }

    private static void relay(TcpStream client, TcpStream upstream) throws IOException {
        RelayResult result = Relay.run(client, upstream, RelayOptions.defaults());
        assertEquals(RelayResult.End.CLOSED, result.end());
        assertEquals(MESSAGES * MESSAGE_BYTES, result.bytesForward());
        assertEquals(MESSAGES * MESSAGE_BYTES, result.bytesBackward());
    }

    private static void echo(TcpStream stream) throws IOException {
        while (true) {
            try (IoBuffer bytes = stream.receive()) {
                if (bytes == null) {
                    break;
                }
                stream.writeFully(bytes);
            }
        }
        stream.shutdownOutput();
    }

    private static void talk(TcpStream stream, Random random) throws IOException {
        byte[] sent = new byte[MESSAGE_BYTES];
        ByteBuffer received = ByteBuffer.allocate(MESSAGE_BYTES);
        for (int i = 0; i < MESSAGES; i++) {
            random.nextBytes(sent);
            stream.writeFully(ByteBuffer.wrap(sent));
            received.clear();
            while (received.hasRemaining()) {
                assertTrue(stream.read(received) > 0);
            }
            assertArrayEquals(sent, received.array());
        }
        stream.shutdownOutput();
    }
}
