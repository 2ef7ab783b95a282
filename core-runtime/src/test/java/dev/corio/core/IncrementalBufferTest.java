package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.RingFeature;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Buffers of the group that the kernel uses up bit by bit: one serves many messages, of any
/// connections.
final class IncrementalBufferTest {
    private static final DriverUnderTest DRIVER = DriverUnderTest.IO_URING_SINGLE_SHOT;
    private static final int BUFFERS = 2;
    private static final int BUFFER_BYTES = 512;
    private static final int CONNECTIONS = 64;

    /// All of them fit into one buffer, so the other one has what crosses its end.
    private static final int MESSAGE_BYTES_MAX = BUFFER_BYTES / CONNECTIONS;

    /// What a connection has received.
    private record Piece(int connection, IoBuffer buffer) {}

    /// What becomes of a part that has arrived.
    private enum Fate {
        PICKED,
        IGNORED,
        FAILED
    }

    /// A receive that picks, or does not.
    private static final class Receive extends Operation {
        private final Pair pair;
        private final Fate fate;
        private final IoBuffer into;
        private int flags;

        Receive(Core core, Pair pair, Fate fate) {
            super(pair.right);
            this.pair = pair;
            this.fate = fate;
            into = core.buffers().unleased();
        }

        @Override
        protected void prepare(Sqe sqe) {
            sqe.recvSelect(pair.right.fd(), 0, 0, pair.right.core().bufferGroup());
        }

        @Override
        protected void completed(int result, int completionFlags) {
            flags = completionFlags;
            if (fate == Fate.FAILED) {
                throw new IllegalStateException("meant so");
            }
            if (fate == Fate.PICKED && CqeFlags.hasBuffer(flags)) {
                pair.right.core().picked(into, flags, Math.max(result, 0));
            }
        }

        @Override
        public String toString() {
            return "recv";
        }
    }

    private static void run(DriverUnderTest.Body body) throws Exception {
        CoreOptions options = DRIVER.options().groupBuffers(BUFFERS).bufferBytes(BUFFER_BYTES);
        DRIVER.run(
                options,
                core -> {
                    assumeTrue(core.supports(RingFeature.PBUF_INC), "no PBUF_INC here");
                    body.run(core);
                });
    }

    private static void send(Pair pair, byte... bytes) throws IOException {
        try (IoBuffer out = IoBuffer.lease(bytes.length).put(bytes)) {
            Pair.send(pair.left, out);
        }
    }

    private static IoBuffer receive(Core core, Pair pair) throws IOException {
        Receive receive = new Receive(core, pair, Fate.PICKED);
        core.await(receive);
        assertFalse(receive.into.isClosed());
        return receive.into;
    }

    /// Sends bytes through a connection and receives what fits.
    private static IoBuffer exchange(Core core, Pair pair, byte... bytes) throws IOException {
        send(pair, bytes);
        return receive(core, pair);
    }

    /// Bytes that are all the same.
    private static byte[] message(int value, int bytes) {
        byte[] message = new byte[bytes];
        Arrays.fill(message, (byte) value);
        return message;
    }

    private static List<Pair> pairs(int count) throws IOException {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pairs.add(Pair.open());
        }
        return pairs;
    }

    private static void finish(Core core, Operation operation) {
        while (operation.isInFlight()) {
            Turns.pass(core, 1);
        }
    }

    @Test
    void manyConnectionsHoldTheirMessagesInFewBuffers() throws Exception {
        Random random = Seed.random("IncrementalBufferTest");
        run(core -> {
            List<Pair> pairs = pairs(CONNECTIONS);
            for (int round = 0; round < 20; round++) {
                List<Piece> held = new ArrayList<>();
                for (int i = 0; i < CONNECTIONS; i++) {
                    int left = 1 + random.nextInt(MESSAGE_BYTES_MAX);
                    IoBuffer next = exchange(core, pairs.get(i), message(i, left));
                    held.add(new Piece(i, next));
                    left -= next.readableBytes();
                    if (left > 0) {
                        // It crossed the end of a buffer.
                        held.add(new Piece(i, receive(core, pairs.get(i))));
                        assertEquals(left, held.getLast().buffer.readableBytes());
                    }
                }
                assertEquals(held.size(), core.buffers().leasedCount());
                assertTrue(core.buffers().leasedBytes() <= BUFFERS * BUFFER_BYTES);
                Collections.shuffle(held, random);
                held.forEach(IncrementalBufferTest::assertItsOwnAndClose);
                assertEquals(0, core.buffers().leasedBytes());
            }
            pairs.forEach(Pair::close);
        });
    }

    private static void assertItsOwnAndClose(Piece piece) {
        try (IoBuffer buffer = piece.buffer) {
            int length = buffer.readableBytes();
            assertArrayEquals(message(piece.connection, length), buffer.getAll());
        }
    }

    /// Some parts nobody picks, or their operation fails: the ones behind them begin where they do.
    @Test
    void partsThatArriveTogetherAreToldApartWhateverBecomesOfSome() throws Exception {
        Random random = Seed.random("IncrementalBufferTest");
        run(core -> {
            List<Pair> pairs = pairs(CONNECTIONS);
            try (Logged _ = new Logged()) {
                for (int round = 0; round < 20; round++) {
                    List<Receive> receives = new ArrayList<>();
                    for (Pair each : pairs) {
                        Fate fate = Fate.values()[random.nextInt(Fate.values().length)];
                        receives.add(new Receive(core, each, fate));
                        assertTrue(core.submit(receives.getLast()));
                    }
                    Turns.pass(core, 2);
                    List<Operation> sends = new ArrayList<>();
                    try (IoBuffer out = IoBuffer.lease(CONNECTIONS)) {
                        for (int i = 0; i < CONNECTIONS; i++) {
                            out.put((byte) i);
                            sends.add(sendByte(pairs.get(i), out.readAddress() + i));
                        }
                        sends.forEach(core::submit);
                        sends.forEach(each -> finish(core, each));
                    }
                    for (int i = 0; i < CONNECTIONS; i++) {
                        Receive receive = receives.get(i);
                        finish(core, receive);
                        assertEquals(1, receive.result());
                        assertEquals(receive.fate != Fate.PICKED, receive.into.isClosed());
                        if (receive.fate == Fate.PICKED) {
                            assertEquals(i, receive.into.get());
                            receive.into.close();
                        }
                    }
                    assertEquals(0, core.buffers().leasedCount());
                }
            }
            pairs.forEach(Pair::close);
        });
    }

    private static Operation sendByte(Pair pair, long address) {
        return Request.on(
                pair.left, sqe -> sqe.send(pair.left.fd(), address, 1, Linux.MSG_NOSIGNAL));
    }

    @Test
    void aPartIsPickedOnceAndWhileItIsTold() throws Exception {
        run(core -> {
            try (Pair pair = Pair.open()) {
                send(pair, (byte) 1);
                Receive late = new Receive(core, pair, Fate.IGNORED);
                core.await(late);
                IllegalStateException refused =
                        assertThrows(
                                IllegalStateException.class,
                                () -> core.picked(late.into, late.flags, late.result()));
                assertTrue(refused.getMessage().contains("+PBUF_INC"), refused.getMessage());
                assertTrue(late.into.isClosed());
                // Nothing of it is used up, whatever the flags say.
                assertTrue(core.picked(late.into, late.flags, 0).isClosed());
            }
        });
    }

    @Test
    void aMessageReachesNoneOfItsNeighbours() throws Exception {
        run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer before = exchange(core, pair, message(1, 3));
                    IoBuffer middle = exchange(core, pair, message(2, 4));
                    IoBuffer after = exchange(core, pair, message(3, 3))) {
                assertEquals(4, middle.capacity());
                assertEquals(0, middle.writableBytes());
                assertEquals(0, middle.readIndex());
                assertEquals(4, middle.writeIndex());
                assertEquals(2, middle.at(3));
                assertThrows(IndexOutOfBoundsException.class, () -> middle.at(4));
                assertThrows(IndexOutOfBoundsException.class, () -> middle.put((byte) 9));
                ByteBuffer view = middle.readableView();
                assertEquals(4, view.capacity());
                middle.skip(2).compact();
                assertEquals("IoBuffer[read=0 write=2 capacity=4]", middle.toString());
                middle.clear().putInt(0x09090909);
                assertThrows(IndexOutOfBoundsException.class, () -> middle.put((byte) 9));
                IoBuffer moved = core.buffers().unleased();
                middle.moveTo(moved);
                assertEquals(0x09090909, moved.getInt());
                moved.close();
                assertArrayEquals(message(1, 3), before.getAll());
                assertArrayEquals(message(3, 3), after.getAll());
            }
        });
    }

    @Test
    void aBufferGoesBackWhenItIsUsedUpAndNobodyHoldsAPartOfIt() throws Exception {
        run(core -> {
            try (Pair pair = Pair.open()) {
                IoBuffer small = exchange(core, pair, (byte) 1);
                exchange(core, pair, message(2, BUFFER_BYTES - 1)).close();
                // All of the second one, which is back at once.
                exchange(core, pair, message(3, BUFFER_BYTES)).close();
                IoBuffer second = exchange(core, pair, message(4, BUFFER_BYTES));
                assertFalse(core.buffers().hasGroupMembers());
                Receive none = new Receive(core, pair, Fate.PICKED);
                assertThrows(IOException.class, () -> core.await(none));
                assertEquals(-Errno.ENOBUFS, none.result());
                assertEquals(1, small.get());
                small.close();
                assertTrue(core.buffers().hasGroupMembers());
                exchange(core, pair, message(5, BUFFER_BYTES)).close();
                second.close();
            }
        });
    }

    @Test
    void theEndOfTheInputUsesNothingUp() throws Exception {
        run(core -> {
            for (int round = 0; round < 5 * BUFFERS; round++) {
                try (Pair pair = Pair.open()) {
                    Receive end = new Receive(core, pair, Fate.PICKED);
                    if (round % 2 == 0) {
                        core.submit(end);
                        Turns.pass(core, 2);
                    }
                    core.sockets().shutdown(pair.left.fd(), Linux.SHUT_WR);
                    if (round % 2 == 1) {
                        core.submit(end);
                    }
                    finish(core, end);
                    assertEquals(0, end.result());
                    assertTrue(end.into.isClosed());
                }
                try (Pair pair = Pair.open();
                        IoBuffer in = exchange(core, pair, message(round, 64))) {
                    assertArrayEquals(message(round, 64), in.getAll());
                }
            }
        });
    }

    /// A worker thread of the kernel does that, which none of our requests is left to: so the
    /// completion is made here.
    @Test
    void aBufferThatEndsShortIsNotUsedAgainAndThatIsSaid() throws Exception {
        try (Logged log = new Logged()) {
            run(core -> {
                int flags = CqeFlags.IORING_CQE_F_BUFFER;
                new BufferParts(core.buffers(), (userData, result, told) -> {})
                        .complete(0, BUFFER_BYTES - 1, flags);
                assertEquals(0, core.buffers().leasedCount(), "nobody picked it");
                assertTrue(core.buffers().member(flags).isShared(), "it is not provided again");
            });
            assertEquals(1, log.with("buffer 0 of the group before it was full").size());
            assertEquals(1, log.with("1 of 2 are lost so on core 0").size());
        }
    }

    /// Another driver knows nothing of parts.
    @Test
    void aCoreThatIsRefusedItsRingUsesWholeBuffers() throws Exception {
        DRIVER.options();
        Child child = Child.run(Strace.failing("io_uring_setup", "EMFILE", "1"), RefusedRing.class);
        child.expectSuccess();
        int whole = CoreOptions.defaults().bufferBytes();
        assertTrue(child.output().endsWith("epoll " + whole), child.output());
    }
}
