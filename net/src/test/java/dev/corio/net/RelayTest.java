package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryReceive;
import dev.corio.core.IoBuffer;
import dev.corio.core.Pinned;
import dev.corio.core.SendWatch;
import dev.corio.core.Task;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CancellationException;

final class RelayTest {
    @EveryReceive
    void bytesGoBothWaysAndAreCounted(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Chain chain = Chain.open(core, RelayOptions.defaults())) {
                chain.client.writeFully(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                assertEquals(3, chain.readAtServer(3).length);
                chain.server.writeFully(ByteBuffer.wrap(new byte[] {4, 5}));
                assertArrayEquals(new byte[] {4, 5}, chain.readAtClient(2));
                chain.client.shutdownOutput();
                chain.server.shutdownOutput();
                RelayResult result = chain.relay.join();
                assertEquals(3, result.bytesForward());
                assertEquals(2, result.bytesBackward());
                assertEquals(RelayResult.End.CLOSED, result.end());
            }
        });
    }

    @EveryReceive
    void noTaskIsWokenForAMessage(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Chain chain = Chain.open(core, RelayOptions.defaults())) {
                chain.client.writeFully(ByteBuffer.wrap(new byte[1]));
                chain.readAtServer(1);
                long before = core.stats().taskSwitches();
                for (int i = 0; i < 100; i++) {
                    chain.client.writeFully(ByteBuffer.wrap(new byte[1]));
                    chain.readAtServer(1);
                }
                long perMessage = (core.stats().taskSwitches() - before) / 100;
                assertTrue(perMessage <= 2, "switches of this test's own task: " + perMessage);
            }
        });
    }

    /// Into memory that the driver picks, and where it has none to pick from, into the relay's own.
    @EveryReceive
    void bytesAreSentFromTheMemoryThatTheyCameIn(DriverUnderTest driver) throws Exception {
        assertNothingCopied(driver, driver.options());
        assertNothingCopied(driver, driver.options().groupBuffers(0));
    }

    private static void assertNothingCopied(DriverUnderTest driver, CoreOptions options)
            throws Exception {
        driver.run(
                options,
                core -> {
                    try (Chain chain = Chain.open(core, RelayOptions.defaults());
                            SendWatch watch = chain.watch(core)) {
                        for (int i = 1; i <= 20; i++) {
                            chain.client.writeFully(ByteBuffer.wrap(new byte[i]));
                            chain.readAtServer(i);
                            chain.server.writeFully(ByteBuffer.wrap(new byte[i]));
                            chain.readAtClient(i);
                        }
                        assertEquals(20 * 21, watch.bytes());
                        assertEquals(0, watch.copiedBytes());
                    }
                });
    }

    @EveryReceive
    void idleRelayHoldsNoBuffer(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Chain chain = Chain.open(core, RelayOptions.defaults())) {
                chain.client.writeFully(ByteBuffer.wrap(new byte[1]));
                chain.readAtServer(1);
                Core.sleep(Duration.ofMillis(5));
                assertEquals(0, core.buffers().leasedCount());
                assertEquals(2, core.stats().operationsInFlight());
            }
        });
    }

    @EveryReceive
    void halfCloseIsPassedOnAndTheAnswerStillComes(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Chain chain = Chain.open(core, RelayOptions.defaults());
                    IoBuffer in = IoBuffer.lease()) {
                chain.client.writeFully(ByteBuffer.wrap(new byte[] {1}));
                chain.client.shutdownOutput();
                chain.readAtServer(1);
                assertEquals(-1, chain.server.read(in), "the end must arrive at the server");
                Core.sleep(Duration.ofMillis(5));
                chain.server.writeFully(ByteBuffer.wrap(new byte[] {9, 9}));
                assertArrayEquals(new byte[] {9, 9}, chain.readAtClient(2));
                chain.server.shutdownOutput();
                assertEquals(-1, chain.client.read(in.clear()));
                assertEquals(RelayResult.End.CLOSED, chain.relay.join().end());
            }
        });
    }

    @EveryReceive
    void muchDataKeepsItsChecksumThroughASlowReader(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().groupBuffers(2).bufferBytes(4096),
                core -> {
                    int total = 16 << 20;
                    try (Chain chain = Chain.open(core, RelayOptions.defaults())) {
                        MessageDigest sent = MessageDigest.getInstance("SHA-256");
                        Task<Void> writer =
                                core.spawn(
                                        "writer",
                                        () -> {
                                            Random random = new Random(7);
                                            byte[] chunk = new byte[64 << 10];
                                            for (int i = 0; i < total / chunk.length; i++) {
                                                random.nextBytes(chunk);
                                                sent.update(chunk);
                                                chain.client.writeFully(ByteBuffer.wrap(chunk));
                                            }
                                            chain.client.shutdownOutput();
                                            return null;
                                        });
                        MessageDigest received = MessageDigest.getInstance("SHA-256");
                        ByteBuffer in = ByteBuffer.allocateDirect(100_000);
                        long count = 0;
                        int pauses = 0;
                        for (int n = chain.server.read(in); n >= 0; n = chain.server.read(in)) {
                            count += n;
                            received.update(in.flip());
                            in.clear();
                            if (pauses++ % 64 == 0) {
                                Core.sleep(Duration.ofMillis(1));
                            }
                        }
                        writer.join();
                        assertEquals(total, count);
                        assertArrayEquals(sent.digest(), received.digest());
                        chain.server.shutdownOutput();
                        assertEquals(total, chain.relay.join().bytesForward());
                    }
                });
    }

    @EveryReceive
    void silentRelayEndsIdle(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            RelayOptions options = new RelayOptions(Duration.ofMillis(600));
            try (Chain chain = Chain.open(core, options)) {
                long begin = core.nanoTime();
                for (int i = 0; i < 8; i++) {
                    Core.sleep(Duration.ofMillis(100));
                    chain.client.writeFully(ByteBuffer.wrap(new byte[1]));
                    chain.readAtServer(1);
                }
                assertEquals(RelayResult.End.IDLE, chain.relay.join().end());
                assertTrue(core.nanoTime() - begin >= 1_400_000_000L, "traffic did not count");
            }
        });
    }

    @EveryReceive
    void resetOfOneSideEndsBoth(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Chain chain = Chain.open(core, RelayOptions.defaults())) {
                chain.server.linger(Duration.ZERO).close();
                RelayResult result = chain.relay.join();
                assertEquals(RelayResult.End.FAILED, result.end());
                assertNotNull(result.failure());
                assertTrue(
                        result.failure().getMessage().contains("ECONNRESET"),
                        result.failure().getMessage());
            }
        });
    }

    @EveryReceive
    void interruptEndsTheRelay(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Chain chain = Chain.open(core, RelayOptions.defaults())) {
                chain.client.writeFully(ByteBuffer.wrap(new byte[1]));
                chain.readAtServer(1);
                chain.relay.cancel();
                assertThrows(CancellationException.class, chain.relay::join);
            }
        });
    }

    @EveryReceive
    void relayThatAPinnedTaskCannotAwaitLeavesNothingBehind(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            try (Peers front = Peers.open();
                    Peers back = Peers.open()) {
                var refusal =
                        assertThrows(
                                IllegalStateException.class,
                                () ->
                                        Pinned.inInitialiser(() ->
                                                Relay.run(
                                                        front.server,
                                                        back.client,
                                                        RelayOptions.defaults())));
                assertTrue(refusal.getMessage().contains("pinned"), refusal.getMessage());
                // What receives ahead is the streams' own.
                int left = driver.isMultishot() ? 2 : 0;
                assertEquals(left, core.stats().operationsInFlight());
            }
        });
    }

    /// A fault of ours, made by taking the operation away that the chain submits next.
    @EveryReceive
    void stepThatThrowsEndsTheRelayWithTheReason(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers front = Peers.open();
                    Peers back = Peers.open()) {
                Relay relay = new Relay(front.server, back.client, RelayOptions.defaults());
                set(get(relay, "forward"), "output", null);
                Task<RelayResult> running = core.spawn("relay", () -> relay.run());
                front.client.writeFully(ByteBuffer.wrap(new byte[1]));
                RelayResult result = running.join();
                assertEquals(RelayResult.End.FAILED, result.end());
                assertNotNull(result.failure());
                assertTrue(result.failure().getCause() instanceof NullPointerException);
            }
        });
    }

    private static Object get(Object object, String name) throws Exception {
        Field field = object.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(object);
    }

    private static void set(Object object, String name, Object value) throws Exception {
        Field field = object.getClass().getDeclaredField(name);
        field.setAccessible(true);
        field.set(object, value);
    }

    /// client ── a ═ relay ═ b ── server, all on one core.
    private static final class Chain implements AutoCloseable {
        final TcpStream client;
        final TcpStream server;
        final Task<RelayResult> relay;
        private final Peers front;
        private final Peers back;

        private Chain(Core core, Peers front, Peers back, RelayOptions options) {
            this.front = front;
            this.back = back;
            client = front.client;
            server = back.server;
            relay = core.spawn("relay", () -> Relay.run(front.server, back.client, options));
        }

        static Chain open(Core core, RelayOptions options) throws Exception {
            return new Chain(core, Peers.open(), Peers.open(), options);
        }

        /// Of what the relay sends.
        SendWatch watch(Core core) {
            return SendWatch.on(core, front.server.descriptor(), back.client.descriptor());
        }

        byte[] readAtServer(int count) throws Exception {
            return read(server, count);
        }

        byte[] readAtClient(int count) throws Exception {
            return read(client, count);
        }

        private static byte[] read(TcpStream stream, int count) throws Exception {
            ByteBuffer bytes = ByteBuffer.allocate(count);
            while (bytes.hasRemaining()) {
                assertTrue(stream.read(bytes) > 0);
            }
            return bytes.array();
        }

        @Override
        public void close() throws Exception {
            relay.cancel();
            try {
                relay.join();
            } catch (CancellationException e) {
                assertTrue(relay.isDone());
            }
            front.close();
            back.close();
        }
    }
}
