package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Cancels against completions: whichever wins, the outcome is told once and no byte is lost.
final class CancelRaceTest {
    private static final int RACES = 100_000;
    private static final int PAIRS = 64;

    /// One stream, and what is known of it.
    private static final class Lane implements AutoCloseable {
        private final Pair pair = Pair.open();
        private final IoBuffer in = IoBuffer.lease(512);
        private final Request receive =
                Request.on(pair.right, sqe -> sqe.recv(pair.right.fd(), in.writeAddress(), 64, 0));
        private long sent;
        private long received;

        Lane() throws IOException {
            receive.buffer(in);
        }

        void send(IoBuffer one) {
            assertEquals(1, Linux.send(pair.left.fd(), one.readAddress(), 1, Linux.MSG_NOSIGNAL));
            sent++;
        }

        void note() {
            assertFalse(receive.isInFlight());
            assertEquals(1, receive.results.size(), "one completion each");
            int result = receive.result();
            receive.results.clear();
            if (result >= 0) {
                assertTrue(result > 0, "an end that nobody sent");
                received += result;
            } else {
                assertTrue(receive.wasCancelled(), "failed with " + result);
            }
        }

        @Override
        public void close() {
            pair.close();
            in.close();
        }
    }

    @EveryDriver
    void receiveThatIsCancelledAsItsBytesComeLosesNone(DriverUnderTest driver) throws Exception {
        Random random = Seed.random("CancelRaceTest");
        driver.run(core -> {
            List<Lane> lanes = new ArrayList<>();
            try (IoBuffer one = IoBuffer.lease(512).put((byte) 1)) {
                for (int i = 0; i < PAIRS; i++) {
                    lanes.add(new Lane());
                }
                int[] outcomes = {0, 0};
                for (int race = 0; race < RACES; race += PAIRS) {
                    race(core, lanes, one, random);
                    for (Lane lane : lanes) {
                        outcomes[lane.receive.result() > 0 ? 0 : 1]++;
                        lane.note();
                    }
                }
                assertTrue(outcomes[0] > RACES / 20, "completions hardly ever win");
                assertTrue(outcomes[1] > RACES / 20, "cancels hardly ever win");
                for (Lane lane : lanes) {
                    while (lane.received < lane.sent) {
                        core.await(lane.receive);
                        lane.note();
                    }
                    assertEquals(lane.sent, lane.received);
                }
            } finally {
                lanes.forEach(Lane::close);
            }
        });
    }

    private static void race(Core core, List<Lane> lanes, IoBuffer one, Random random) {
        for (Lane lane : lanes) {
            int script = random.nextInt(6);
            if (script == 0) {
                lane.send(one);
            }
            assertTrue(core.submit(lane.receive));
            if (script == 1) {
                core.cancel(lane.receive);
                lane.send(one);
            }
        }
        Turns.pass(core, random.nextInt(3));
        for (Lane lane : lanes) {
            int script = random.nextInt(4);
            if (script == 0) {
                lane.send(one);
            }
            core.cancel(lane.receive);
            if (script == 1) {
                lane.send(one);
            }
        }
        for (Lane lane : lanes) {
            while (lane.receive.isInFlight()) {
                Turns.pass(core, 1);
            }
        }
    }

    @EveryDriver
    void sendThatIsCancelledInTheMiddleTellsWhatWasSent(DriverUnderTest driver) throws Exception {
        Random random = Seed.random("CancelRaceTest");
        int size = 4 << 20;
        driver.run(core -> {
            try (IoBuffer out = IoBuffer.lease(size);
                    IoBuffer in = IoBuffer.lease(1 << 16)) {
                for (int round = 0; round < 20; round++) {
                    try (Pair pair = Pair.open()) {
                        out.clear().advance(size);
                        Request send =
                                Request.on(
                                        pair.left,
                                        sqe ->
                                                sqe.send(
                                                        pair.left.fd(),
                                                        out.readAddress(),
                                                        size,
                                                        Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL));
                        send.buffer(out);
                        assertTrue(core.submit(send));
                        Turns.pass(core, random.nextInt(4));
                        long received = receiveSome(core, pair.right, in, random.nextInt(20));
                        core.cancel(send);
                        while (send.isInFlight()) {
                            Turns.pass(core, 1);
                        }
                        assertEquals(1, send.results.size());
                        int sent = send.result() == -Errno.ECANCELED ? 0 : send.result();
                        Linux.shutdown(pair.left.fd(), Linux.SHUT_WR);
                        received += receiveSome(core, pair.right, in, Integer.MAX_VALUE);
                        assertEquals(sent, received, "the sender was told something else");
                    }
                }
            }
        });
    }

    /// Receives so many times, but not longer than bytes come.
    private static long receiveSome(Core core, Descriptor from, IoBuffer in, int times)
            throws IOException {
        long total = 0;
        Request receive =
                Request.on(from, sqe -> sqe.recv(from.fd(), in.writeAddress(), 1 << 16, 0));
        receive.buffer(in.clear());
        for (int i = 0; i < times; i++) {
            if (times != Integer.MAX_VALUE
                    && Linux.recv(from.fd(), in.writeAddress(), 1, Linux.MSG_PEEK | MSG_DONTWAIT)
                            < 0) {
                return total;
            }
            int count = core.await(receive);
            if (count == 0) {
                return total;
            }
            total += count;
        }
        return total;
    }

    private static final int MSG_DONTWAIT = 0x40;
}
