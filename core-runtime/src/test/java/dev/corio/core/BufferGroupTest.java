package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The buffers that a driver picks from, whoever picks: the kernel when bytes arrive, or the driver
/// before.
final class BufferGroupTest {
    private static final int BUFFERS = 4;
    private static final int CONNECTIONS = 12;
    private static final int ROUNDS = 5 * BUFFERS;

    /// Connections that wait, each with a receive in flight.
    private record Waiting(List<Pair> pairs, List<Request> receives) implements AutoCloseable {
        static Waiting open(Core core) throws IOException {
            Waiting all = new Waiting(new ArrayList<>(), new ArrayList<>());
            for (int i = 0; i < CONNECTIONS; i++) {
                Pair pair = Pair.open();
                all.pairs.add(pair);
                all.receives.add(select(pair.right, 0));
            }
            all.receives.forEach(each -> assertTrue(core.submit(each)));
            Turns.pass(core, 5);
            return all;
        }

        @Override
        public void close() {
            pairs.forEach(Pair::close);
        }
    }

    private static Request select(Descriptor from, int lengthBytes) {
        Core core = from.core();
        return Request.on(
                from, sqe -> sqe.recvSelect(from.fd(), lengthBytes, 0, core.bufferGroup()));
    }

    private static void send(Descriptor to, int value) throws IOException {
        try (IoBuffer out = IoBuffer.lease().put((byte) value)) {
            Pair.send(to, out);
        }
    }

    private static void finish(Core core, Request receive) {
        while (receive.isInFlight()) {
            Turns.pass(core, 1);
        }
    }

    private static IoBuffer picked(Core core, Request receive) {
        assertTrue(receive.result() > 0, "result " + receive.result());
        assertTrue(CqeFlags.hasBuffer(receive.flags));
        return core.picked(core.buffers().unleased(), receive.flags, receive.result());
    }

    /// Whether the whole group can be picked, and each buffer comes back.
    private static void assertAllThere(Core core, int buffers) throws IOException {
        for (int round = 0; round < 2; round++) {
            List<IoBuffer> held = new ArrayList<>();
            for (int i = 0; i < buffers; i++) {
                try (Pair pair = Pair.open()) {
                    send(pair.left, i);
                    Request receive = select(pair.right, 0);
                    core.await(receive);
                    held.add(picked(core, receive));
                    assertEquals(i, held.getLast().get());
                }
            }
            held.forEach(IoBuffer::close);
        }
    }

    @EveryDriver
    void connectionsThatOnlyWaitLeaveBuffersForThoseWhoseBytesArrive(DriverUnderTest driver)
            throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(BUFFERS),
                core -> {
                    try (Waiting all = Waiting.open(core)) {
                        for (int i = CONNECTIONS - 1; i >= 0; i--) {
                            send(all.pairs.get(i).left, i);
                            finish(core, all.receives.get(i));
                            try (IoBuffer buffer = picked(core, all.receives.get(i))) {
                                assertEquals(i, buffer.get());
                            }
                        }
                    }
                });
    }

    @EveryDriver
    void whoFindsNoBufferIsToldAndLosesNoByte(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(BUFFERS),
                core -> {
                    try (Waiting all = Waiting.open(core)) {
                        List<IoBuffer> held = new ArrayList<>();
                        for (int i = 0; i < CONNECTIONS; i++) {
                            send(all.pairs.get(i).left, i);
                            finish(core, all.receives.get(i));
                            if (i < BUFFERS) {
                                held.add(picked(core, all.receives.get(i)));
                            } else {
                                assertEquals(-Errno.ENOBUFS, all.receives.get(i).result());
                            }
                        }
                        held.forEach(IoBuffer::close);
                        for (int i = BUFFERS; i < CONNECTIONS; i++) {
                            core.await(all.receives.get(i));
                            try (IoBuffer buffer = picked(core, all.receives.get(i))) {
                                assertEquals(i, buffer.get());
                            }
                        }
                    }
                });
    }

    /// A driver that picks has them wait a little; the others answer at once that there is none.
    @EveryDriver
    void receivesThatStarveEndWithABufferThatComesBackOrKeepNone(DriverUnderTest driver)
            throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(BUFFERS),
                core -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        starve(core, round % StarvedQueue.TURNS_MAX);
                    }
                    assertAllThere(core, BUFFERS);
                });
    }

    /// All buffers are held when three receive: one is cancelled, one goes on as soon as a buffer
    /// is back, and the file of the last one is closed.
    private static void starve(Core core, int turns) throws IOException {
        List<IoBuffer> held = new ArrayList<>();
        try (Pair source = Pair.open();
                Pair cancelled = Pair.open();
                Pair served = Pair.open()) {
            for (int i = 0; i < BUFFERS; i++) {
                send(source.left, i);
                Request receive = select(source.right, 0);
                core.await(receive);
                held.add(picked(core, receive));
            }
            Request closedOne;
            try (Pair closed = Pair.open()) {
                List<Request> all = new ArrayList<>();
                for (Pair each : List.of(cancelled, served, closed)) {
                    send(each.left, 'x');
                    all.add(select(each.right, 0));
                    assertTrue(core.submit(all.getLast()));
                }
                closedOne = all.get(2);
                Turns.pass(core, 2 + turns);
                if (all.get(0).isInFlight()) {
                    core.cancel(all.get(0));
                }
                Request waiting = all.get(1);
                held.removeLast().close();
                finish(core, waiting);
                if (waiting.result() > 0) {
                    try (IoBuffer buffer = picked(core, waiting)) {
                        assertEquals('x', buffer.get());
                    }
                } else {
                    assertEquals(-Errno.ENOBUFS, waiting.result());
                }
                finish(core, all.get(0));
                assertFalse(CqeFlags.hasBuffer(all.get(0).flags));
            }
            assertFalse(closedOne.isInFlight());
            if (CqeFlags.hasBuffer(closedOne.flags)) {
                picked(core, closedOne).close();
            }
        }
        held.forEach(IoBuffer::close);
    }

    @EveryDriver
    void cancelledReceivesKeepNoBuffer(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(BUFFERS).ringEntries(8),
                core -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        try (Pair pair = Pair.open()) {
                            List<Request> all = new ArrayList<>();
                            // More than the submission queue has room for.
                            for (int i = 0; i < 32; i++) {
                                all.add(select(pair.right, 0));
                                core.submit(all.getLast());
                            }
                            // Before the kernel has seen them, and after.
                            Turns.pass(core, round % 3);
                            all.forEach(core::cancel);
                            for (Request each : all) {
                                finish(core, each);
                                assertFalse(CqeFlags.hasBuffer(each.flags));
                            }
                        }
                    }
                    assertAllThere(core, BUFFERS);
                });
    }

    @EveryDriver
    void endOfInputAndErrorsKeepNoBuffer(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(BUFFERS),
                core -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        try (Pair pair = Pair.open()) {
                            Request receive = select(pair.right, 0);
                            core.submit(receive);
                            Turns.pass(core, round % 3);
                            if (round % 2 == 0) {
                                core.sockets().shutdown(pair.left.fd(), Linux.SHUT_WR);
                            } else {
                                core.sockets().shutdown(pair.right.fd(), Linux.SHUT_RD);
                            }
                            finish(core, receive);
                            assertEquals(0, receive.result());
                            if (CqeFlags.hasBuffer(receive.flags)) {
                                core.picked(core.buffers().unleased(), receive.flags, 0).close();
                            }
                            Request notASocket =
                                    Request.on(
                                            pair.right,
                                            sqe -> sqe.recvSelect(-1, 0, 0, core.bufferGroup()));
                            core.submit(notASocket);
                            finish(core, notASocket);
                            assertEquals(-Errno.EBADF, notASocket.result());
                        }
                    }
                    assertAllThere(core, BUFFERS);
                });
    }

    /// A driver that picks asks for the request again when the bytes are there.
    @EveryDriver
    void aRequestThatFailsWhenItIsAskedAgainKeepsNoBuffer(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(1),
                core -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        try (Pair pair = Pair.open()) {
                            int[] asked = {0};
                            Request receive =
                                    Request.on(
                                            pair.right,
                                            sqe -> {
                                                if (++asked[0] > 2) {
                                                    throw new IllegalStateException("meant so");
                                                }
                                                int fd = pair.right.fd();
                                                sqe.recvSelect(fd, 0, 0, core.bufferGroup());
                                            });
                            core.submit(receive);
                            Turns.pass(core, 2);
                            send(pair.left, round);
                            finish(core, receive);
                            if (asked[0] > 2) {
                                assertEquals(-Errno.EINVAL, receive.result());
                            } else {
                                picked(core, receive).close();
                            }
                        }
                    }
                    assertAllThere(core, 1);
                });
    }

    @EveryDriver
    void aReceiveTakesNoMoreThanItAskedFor(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(BUFFERS),
                core -> {
                    try (Pair pair = Pair.open();
                            IoBuffer out = IoBuffer.lease()) {
                        Pair.send(pair.left, out.put(new byte[] {1, 2, 3}));
                        for (int bytes = 1; bytes <= 2; bytes++) {
                            Request receive = select(pair.right, bytes);
                            core.await(receive);
                            try (IoBuffer buffer = picked(core, receive)) {
                                assertEquals(bytes, buffer.readableBytes());
                            }
                        }
                    }
                });
    }

    /// However many wait: whoever has bytes finds the other half.
    @Test
    void whereTheDriverPicksReceivesThatWaitHoldHalfOfTheGroup() {
        int buffers = 8;
        BufferPicks picks = new BufferPicks(buffers);
        for (int id = 0; id < buffers; id++) {
            picks.provide(id, 0, 1);
        }
        int waiting = 0;
        for (int i = 0; i < CONNECTIONS; i++) {
            waiting += picks.pickEarly(Request.of(Sqe::nop)) ? 1 : 0;
        }
        assertEquals(buffers / 2, waiting);
        for (int i = 0; i < buffers / 2; i++) {
            assertTrue(picks.pick(Request.of(Sqe::nop)));
        }
        assertFalse(picks.pick(Request.of(Sqe::nop)));
    }
}
