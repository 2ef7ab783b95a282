package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;
import dev.corio.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;

/// The same random script on each driver gives the same story: an io_uring in user space that
/// behaves differently is none.
final class DifferentialTest {
    private static final int STEPS = 700;
    private static final int ROUNDS = 2;

    @EveryDriver
    void sameScriptGivesTheSameStory(DriverUnderTest driver) throws Exception {
        long seed = Seed.of("DifferentialTest");
        CoreOptions options = driver.options();
        for (int round = 0; round < ROUNDS; round++) {
            List<String> expected = story(DriverUnderTest.EPOLL.options(), seed + round);
            List<String> actual = story(options, seed + round);
            for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
                assertEquals(expected.get(i), actual.get(i), "step " + i);
            }
            assertEquals(expected.size(), actual.size());
        }
    }

    private static List<String> story(CoreOptions options, long seed) throws Exception {
        Script script = new Script(seed);
        DriverUnderTest.EPOLL.run(options, script::run);
        return script.story;
    }

    /// One direction of a stream: what is on its way, and whether more can come.
    private static final class Direction {
        private final Descriptor from;
        private final Descriptor to;
        private long sentBytes;
        private long receivedBytes;
        private boolean ended;

        Direction(Descriptor from, Descriptor to) {
            this.from = from;
            this.to = to;
        }

        long underWay() {
            return sentBytes - receivedBytes;
        }
    }

    private static final class Script {
        private final Random random;
        private final List<String> story = new ArrayList<>();
        private final List<Direction[]> streams = new ArrayList<>();
        private Core core;
        private IoBuffer buffer;

        Script(long seed) {
            random = new Random(seed);
        }

        void run(Core core) throws Exception {
            this.core = core;
            try (IoBuffer leased = IoBuffer.lease(1 << 16)) {
                buffer = leased;
                for (int step = 0; step < STEPS; step++) {
                    story.add(step(step));
                }
                for (Direction[] each : streams) {
                    each[0].from.close();
                    each[0].to.close();
                }
            }
        }

        private String step(int step) throws Exception {
            int action = random.nextInt(100);
            if (streams.isEmpty() || (action < 6 && streams.size() < 12)) {
                return connect();
            }
            int index = random.nextInt(streams.size());
            Direction direction = streams.get(index)[random.nextInt(2)];
            String name = step + ": stream " + index + " ";
            if (action < 8) {
                return name + connectToNobody();
            } else if (action < 40) {
                return name + send(direction);
            } else if (action < 75) {
                return name + receive(direction);
            } else if (action < 85) {
                return name + poll(direction);
            } else if (action < 92) {
                return name + interruptedReceive(direction);
            } else if (action < 96) {
                return name + shutDown(direction);
            }
            return name + close(index);
        }

        private String connect() throws Exception {
            try (Arena arena = Arena.ofConfined();
                    LoopbackListener listener = LoopbackListener.open()) {
                SockAddr address = listener.address(arena);
                Descriptor client = LoopbackListener.socket();
                Descriptor server;
                Request accept =
                        Request.on(
                                listener.descriptor,
                                sqe -> sqe.accept(listener.descriptor.fd(), 0, 0, 0));
                boolean acceptsFirst = random.nextBoolean();
                if (acceptsFirst) {
                    core.submit(accept);
                    Turns.pass(core, random.nextInt(2));
                }
                int connected = core.await(connection(client, address));
                if (acceptsFirst) {
                    while (accept.isInFlight()) {
                        Turns.pass(core, 1);
                    }
                } else {
                    core.await(accept);
                }
                assertTrue(accept.result() >= 0, "accept: " + accept.result());
                server = Descriptor.ofSocket(accept.result());
                streams.add(
                        new Direction[] {
                            new Direction(client, server), new Direction(server, client)
                        });
                return "connected " + connected;
            }
        }

        private String connectToNobody() throws Exception {
            InetSocketAddress closed;
            try (LoopbackListener listener = LoopbackListener.open()) {
                closed = listener.address();
            }
            Descriptor client = LoopbackListener.socket();
            try (Arena arena = Arena.ofConfined()) {
                SockAddr address = SockAddr.of(arena, closed);
                return "connect: " + outcome(connection(client, address));
            } finally {
                client.close();
            }
        }

        private static Request connection(Descriptor client, SockAddr address) {
            return Request.on(
                    client, sqe -> sqe.connect(client.fd(), address.address(), address.length()));
        }

        /// Never more than the socket takes at once, so that it need not wait.
        private String send(Direction direction) throws Exception {
            int size = random.nextInt(1, 2000);
            if (direction.underWay() > 30_000) {
                return "is full";
            }
            int fd = direction.from.fd();
            buffer.clear();
            for (int i = 0; i < size; i++) {
                buffer.put((byte) (direction.sentBytes + i));
            }
            Request send =
                    Request.on(
                            direction.from,
                            sqe -> sqe.send(fd, buffer.readAddress(), size, flags()));
            send.buffer(buffer);
            String outcome = outcome(send);
            if (send.result() > 0) {
                direction.sentBytes += send.result();
            }
            return "sends " + size + ": " + outcome;
        }

        private static int flags() {
            return Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL;
        }

        /// All that is under way, in pieces; how many is the network's affair.
        private String receive(Direction direction) throws Exception {
            int wanted = random.nextInt(1, 4000);
            if (direction.underWay() == 0 && !direction.ended) {
                return "has nothing to receive";
            }
            long goal = Math.min(wanted, direction.underWay());
            if (goal == 0) {
                return "receives the end: " + outcome(reception(direction, wanted));
            }
            long got = 0;
            while (got < goal) {
                int count = core.await(reception(direction, (int) (goal - got)));
                assertTrue(count > 0, "ended before its bytes");
                buffer.advance(count);
                for (int i = 0; i < count; i++) {
                    assertEquals((byte) direction.receivedBytes++, buffer.get());
                }
                got += count;
            }
            return "received " + got;
        }

        private Request reception(Direction direction, int length) {
            int fd = direction.to.fd();
            buffer.clear();
            Request receive =
                    Request.on(direction.to, sqe -> sqe.recv(fd, buffer.writeAddress(), length, 0));
            receive.buffer(buffer);
            return receive;
        }

        private String poll(Direction direction) throws Exception {
            int fd = direction.to.fd();
            if (direction.underWay() == 0 && !direction.ended) {
                Request writable =
                        Request.on(
                                direction.from,
                                sqe -> sqe.pollAdd(direction.from.fd(), Linux.POLLOUT));
                return "is writable: " + (core.await(writable) & Linux.POLLOUT);
            }
            Request readable = Request.on(direction.to, sqe -> sqe.pollAdd(fd, Linux.POLLIN));
            return "is readable: " + (core.await(readable) & Linux.POLLIN);
        }

        /// A receive that finds nothing is interrupted, and the stream goes on.
        private String interruptedReceive(Direction direction) throws Exception {
            if (direction.underWay() > 0 || direction.ended) {
                return "would not wait";
            }
            Request receive = reception(direction, 100);
            Task<Integer> task = core.spawn("receiver", () -> core.await(receive));
            Turns.pass(core, random.nextInt(1, 4));
            task.cancel();
            assertThrows(CancellationException.class, task::join);
            return "was interrupted";
        }

        private String shutDown(Direction direction) throws Exception {
            int result = core.sockets().shutdown(direction.from.fd(), Linux.SHUT_WR);
            direction.ended = true;
            return "shuts down: " + result;
        }

        /// Takes all that is under way first: otherwise the peer may lose bytes, or not.
        private String close(int index) throws Exception {
            Direction[] both = streams.remove(index);
            StringBuilder text = new StringBuilder("closes");
            for (Direction each : both) {
                while (each.underWay() > 0) {
                    int count = core.await(reception(each, 1 << 15));
                    assertTrue(count > 0);
                    each.receivedBytes += count;
                }
                text.append(' ').append(each.receivedBytes);
            }
            Task<String> reader =
                    both[0].ended
                            ? null
                            : core.spawn("reader", () -> outcome(reception(both[0], 10)));
            if (reader != null) {
                Turns.pass(core, random.nextInt(1, 3));
            }
            both[0].from.close();
            text.append(", the peer sees ");
            text.append(reader == null ? outcome(reception(both[0], 10)) : reader.join());
            both[0].to.close();
            return text.toString();
        }

        private String outcome(Request request) throws IOException {
            try {
                return String.valueOf(core.await(request));
            } catch (SyscallException e) {
                return "errno " + e.errno();
            }
        }
    }
}
