package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.Deadline;
import dev.corio.core.DeadlineExceededException;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryReceive;
import dev.corio.core.IoBuffer;
import dev.corio.core.RealReceive;
import dev.corio.core.Seed;
import dev.corio.core.Task;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ReadPendingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;

/// Bytes that come before anybody asks for them. Where nothing receives ahead they wait in the
/// socket, and a program must not see the difference.
final class ReceiveAheadTest {
    private static final int MESSAGES = 500;
    private static final int HELD_MAX = 6;
    private static final int SCRIPTS = 30;
    private static final Duration LONG = Duration.ofSeconds(30);

    /// Lets arrive what is under way.
    private static void settle() throws InterruptedException {
        Core.sleep(Duration.ofMillis(2));
    }

    private static ByteBuffer bytes(int from, int to) {
        ByteBuffer bytes = ByteBuffer.allocate(to - from);
        for (int i = from; i < to; i++) {
            bytes.put((byte) i);
        }
        return bytes.flip();
    }

    /// A connection on which one byte was received, and then as many more were sent as fit into a
    /// few buffers, each alone.
    private static Peers withEarlyBytes(int count) throws Exception {
        Peers peers = Peers.open();
        peers.client.writeFully(bytes(0, 1));
        try (IoBuffer first = peers.server.receive()) {
            assertEquals(0, first.get());
        }
        for (int i = 1; i <= count; i++) {
            peers.client.writeFully(bytes(i, i + 1));
            settle();
        }
        return peers;
    }

    private static void assertEarlyBuffers(Core core, DriverUnderTest driver, int count) {
        assertEquals(driver.isMultishot() ? count : 0, core.buffers().leasedCount());
    }

    @EveryReceive
    void streamThatNobodyReadsHoldsFewBuffersAndLosesNothing(DriverUnderTest driver)
            throws Exception {
        assumeFalse(driver.sendsWithoutCopy(), "it writes more than arrives before it reads");
        driver.run(core -> {
            try (Peers peers = withEarlyBytes(3);
                    IoBuffer buffer = IoBuffer.unleased()) {
                assertEarlyBuffers(core, driver, 3);
                for (int i = 4; i < MESSAGES; i++) {
                    peers.client.writeFully(bytes(i, i + 1));
                    assertTrue(core.buffers().leasedCount() <= HELD_MAX);
                }
                settle();
                peers.client.shutdownOutput();
                int next = 1;
                while (peers.server.receive(buffer)) {
                    assertTrue(core.buffers().leasedCount() <= HELD_MAX);
                    while (buffer.readableBytes() > 0) {
                        assertEquals((byte) next++, buffer.get());
                    }
                    buffer.close();
                }
                assertEquals(MESSAGES, next);
                assertFalse(peers.server.receive(buffer), "the end is told each time");
            }
        });
    }

    @EveryReceive
    void closingGivesBackWhatNobodyHasTaken(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = withEarlyBytes(3)) {
                assertEarlyBuffers(core, driver, 3);
                peers.server.close();
                assertEquals(0, core.buffers().leasedCount());
            }
        });
    }

    @EveryReceive
    void coreThatEndsGivesBackWhatNobodyHasTaken(DriverUnderTest driver) throws Exception {
        // The leak detector would say so.
        driver.run(core -> {
            Peers peers = withEarlyBytes(2);
            peers.server.descriptor().closeSoon();
            settle();
            assertEquals(0, core.buffers().leasedCount());
            peers.close();
        });
    }

    @EveryReceive
    void interruptedReceiverLosesNoByte(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                Task<IoBuffer> reader = core.spawn("reader", () -> peers.server.receive());
                settle();
                reader.thread().interrupt();
                var failure = assertThrows(ExecutionException.class, reader::join);
                assertInstanceOf(InterruptedIOException.class, failure.getCause());
                assertTrue(failure.getCause().getMessage().contains("(fd="));
                peers.client.writeFully(bytes(1, 4));
                try (IoBuffer received = peers.server.receive()) {
                    assertEquals(3, received.readableBytes());
                }
                assertThrows(
                        DeadlineExceededException.class,
                        () -> Deadline.within(Duration.ofMillis(5), () -> peers.server.receive()));
                peers.client.writeFully(bytes(4, 6));
                settle();
                try (IoBuffer received = peers.server.receive()) {
                    assertEquals(4, received.get());
                    assertEquals(5, received.get());
                }
            }
        });
    }

    @EveryReceive
    void secondReceiverIsRefusedAndTheFirstGoesOn(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer other = IoBuffer.unleased()) {
                Task<Integer> reader =
                        core.spawn(
                                "reader",
                                () -> {
                                    try (IoBuffer received = peers.server.receive()) {
                                        return received.readableBytes();
                                    }
                                });
                settle();
                assertThrows(ReadPendingException.class, () -> peers.server.receive(other));
                assertThrows(
                        IllegalStateException.class,
                        () -> peers.server.moveTo(core, "none", _ -> {}));
                peers.client.writeFully(bytes(0, 2));
                assertEquals(2, reader.join());
            }
        });
    }

    @EveryReceive
    void closingWakesTheReceiver(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                Task<IoBuffer> reader = core.spawn("reader", () -> peers.server.receive());
                settle();
                peers.server.close();
                var failure = assertThrows(ExecutionException.class, reader::join);
                assertInstanceOf(AsynchronousCloseException.class, failure.getCause());
            }
        });
    }

    /// What came before the reset is read first.
    @EveryReceive
    void resetIsToldByWhateverReadsNext(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            for (int way = 0; way < Reading.WAYS; way++) {
                try (Peers peers = Peers.open();
                        Reading reading = new Reading(peers.server)) {
                    Task<IoBuffer> reader = core.spawn("reader", () -> peers.server.receive());
                    settle();
                    reader.cancel();
                    settle();
                    peers.client.linger(Duration.ZERO).close();
                    settle();
                    int chosen = way;
                    assertThrows(IOException.class, () -> reading.read(chosen));
                }
            }
        });
    }

    @EveryReceive
    void relayBeginsWithWhatHadCome(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers front = withEarlyBytes(3);
                    Peers back = Peers.open()) {
                Task<RelayResult> relay =
                        core.spawn(
                                "relay",
                                () ->
                                        Relay.run(
                                                front.server,
                                                back.client,
                                                RelayOptions.defaults()));
                front.client.writeFully(bytes(4, 10));
                front.client.shutdownOutput();
                back.server.shutdownOutput();
                assertEquals(9, relay.join().bytesForward());
                assertSequence(back.server, 1, 10);
            }
        });
    }

    /// The relay is given back what it did not move, and a reader goes on where it stopped.
    @EveryReceive
    void idleRelayLeavesTheStreamsUsable(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers front = withEarlyBytes(2);
                    Peers back = Peers.open()) {
                RelayResult result =
                        Relay.run(
                                front.server, back.client, new RelayOptions(Duration.ofMillis(20)));
                assertEquals(RelayResult.End.IDLE, result.end());
                front.client.writeFully(bytes(3, 6));
                front.client.shutdownOutput();
                assertSequence(front.server, 3, 6);
                back.client.shutdownOutput();
                assertSequence(back.server, 1, 3);
            }
        });
    }

    @EveryReceive
    void connectionThatIsHandedOverBringsItsBytesAlong(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = withEarlyBytes(3)) {
                Task<Void> there =
                        peers.server.moveTo(core, "there", moved -> assertSequence(moved, 1, 8));
                assertEquals(0, core.buffers().leasedCount());
                peers.client.writeFully(bytes(4, 8));
                peers.client.shutdownOutput();
                there.join();
            }
        });
    }

    @EveryReceive
    void relayBeginsWithWhatCameOnTheCoreBefore(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers front = withEarlyBytes(3);
                    Peers back = Peers.open()) {
                Task<Void> there =
                        front.server.moveTo(
                                core,
                                "there",
                                moved -> {
                                    var result =
                                            Relay.run(moved, back.client, RelayOptions.defaults());
                                    assertEquals(7, result.bytesForward());
                                });
                front.client.writeFully(bytes(4, 8));
                front.client.shutdownOutput();
                back.server.shutdownOutput();
                there.join();
                assertSequence(back.server, 1, 8);
            }
        });
    }

    /// And there it can be on a core that does not receive ahead.
    @RealReceive
    void bytesGoToAnotherCoreWithTheConnection(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options();
        try (Cores here = Cores.start(options);
                Cores elsewhere = Cores.start(options.multishotReceive(false))) {
            Core core = here.core(0);
            core.spawn(
                            "mover",
                            () -> {
                                try (Peers peers = withEarlyBytes(3)) {
                                    peers.server
                                            .moveTo(
                                                    elsewhere.core(0),
                                                    "there",
                                                    moved -> assertSequence(moved, 1, 4))
                                            .join();
                                }
                            })
                    .join(LONG);
            assertEquals(0, here.stats().buffersLeased());
            assertEquals(0, elsewhere.stats().buffersLeased());
        }
    }

    /// All ways to read, and to hand over, in random order.
    @EveryReceive
    void whateverReadsNextGetsTheNextByte(DriverUnderTest driver) throws Exception {
        long seed = Seed.of("whateverReadsNext");
        driver.run(
                driver.options().groupBuffers(8).bufferBytes(512),
                core -> {
                    for (int script = 0; script < SCRIPTS; script++) {
                        Random random = new Random(seed + script);
                        int length = random.nextInt(1, 6_000);
                        try (Peers peers = Peers.open()) {
                            Random writes = new Random(random.nextLong());
                            Task<Void> writer =
                                    core.spawn("writer", () -> write(peers.client, length, writes));
                            String name = "script " + script + " of seed " + seed;
                            new Script(random, length, name).go(peers.server, 0);
                            writer.join();
                        }
                    }
                });
    }

    private static void write(TcpStream stream, int length, Random random) throws Exception {
        int sent = 0;
        while (sent < length) {
            int part = Math.min(length - sent, random.nextInt(1, 900));
            stream.writeFully(bytes(sent, sent + part));
            sent += part;
            if (random.nextInt(4) == 0) {
                Core.sleep(Duration.ofMillis(1));
            }
        }
        stream.shutdownOutput();
    }

    private record Script(Random random, int length, String name) {
        void go(TcpStream stream, int from) throws IOException {
            int next = from;
            try (Reading reading = new Reading(stream)) {
                while (true) {
                    int choice = random.nextInt(Reading.WAYS + 1);
                    if (choice == Reading.WAYS) {
                        int reached = next;
                        Core here = Core.current();
                        join(stream.moveTo(here, "moved", moved -> go(moved, reached)));
                        return;
                    }
                    if (random.nextInt(8) == 0) {
                        Thread.currentThread().interrupt();
                    }
                    byte[] bytes;
                    try {
                        bytes = reading.read(choice);
                    } catch (InterruptedIOException e) {
                        bytes = new byte[0];
                    }
                    Thread.interrupted();
                    if (bytes == null) {
                        break;
                    }
                    for (byte each : bytes) {
                        assertEquals((byte) next, each, name + ", byte " + next);
                        next++;
                    }
                }
            }
            assertEquals(length, next, name);
        }

        private static void join(Task<Void> task) throws IOException {
            try {
                task.join();
            } catch (ExecutionException | InterruptedException e) {
                throw new IOException(e);
            }
        }
    }

    private static void assertSequence(TcpStream stream, int from, int to) throws IOException {
        int next = from;
        try (IoBuffer buffer = IoBuffer.unleased()) {
            while (next < to && stream.receive(buffer)) {
                while (buffer.readableBytes() > 0) {
                    assertEquals((byte) next++, buffer.get());
                }
                buffer.close();
            }
        }
        assertEquals(to, next);
    }

    /// The ways to read from a stream.
    private static final class Reading implements AutoCloseable {
        static final int WAYS = 7;

        private final TcpStream stream;
        private final IoBuffer kept = IoBuffer.unleased();

        Reading(TcpStream stream) {
            this.stream = stream;
        }

        /// What one call reads; null at the end.
        byte[] read(int way) throws IOException {
            return switch (way) {
                case 0, 1 -> receive();
                case 2 -> readInto(IoBuffer.lease(512));
                case 3 -> read(ByteBuffer.allocate(100));
                case 4 -> read(ByteBuffer.allocateDirect(1_000));
                case 5 -> scatter(List.of(ByteBuffer.allocate(3), ByteBuffer.allocateDirect(600)));
                case 6 -> {
                    stream.readable();
                    yield readInto(IoBuffer.lease(64));
                }
                default -> throw new AssertionError(way);
            };
        }

        private byte[] receive() throws IOException {
            try (kept) {
                return stream.receive(kept) ? taken(kept) : null;
            }
        }

        private byte[] readInto(IoBuffer buffer) throws IOException {
            try (buffer) {
                return stream.read(buffer) < 0 ? null : taken(buffer);
            }
        }

        private byte[] read(ByteBuffer target) throws IOException {
            return stream.read(target) < 0 ? null : taken(target.flip());
        }

        private byte[] scatter(List<ByteBuffer> targets) throws IOException {
            if (stream.read(targets.toArray(ByteBuffer[]::new)) < 0) {
                return null;
            }
            ByteBuffer all = ByteBuffer.allocate(1_000);
            new ArrayList<>(targets).forEach(each -> all.put(each.flip()));
            return taken(all.flip());
        }

        private static byte[] taken(IoBuffer buffer) {
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.get(bytes, 0, bytes.length);
            return bytes;
        }

        private static byte[] taken(ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return bytes;
        }

        @Override
        public void close() {
            kept.close();
        }
    }
}
