package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;

/// The operations of [CancelRaceTest], and what is known of each.
final class CancelLanes {
    private CancelLanes() {}

    /// One operation that is raced again and again.
    abstract static class Lane implements AutoCloseable {
        Request request;

        /// What came of an operation whose owner had turned away at the cancel.
        int lost;

        private final boolean forgets;
        private boolean forgotten;

        Lane(boolean forgets) {
            this.forgets = forgets;
        }

        /// Brings about what the operation waits for.
        abstract void provoke();

        /// Takes a result, `>= 0`.
        abstract void take(int result);

        void forget(int result) {
            lost++;
        }

        /// Whether something was provoked that no result has told of.
        abstract boolean isOwed();

        @Override
        public abstract void close();

        void cancel(Core core) {
            forgotten |= forgets && request.isInFlight();
            core.cancel(request);
        }

        /// Takes the outcome; true when the completion won.
        boolean settle() {
            assertFalse(request.isInFlight());
            assertEquals(1, request.results.size(), "one completion each");
            request.results.clear();
            if (request.result() < 0) {
                assertTrue(request.wasCancelled(), "failed with " + request.result());
            } else if (forgotten) {
                forget(request.result());
            } else {
                take(request.result());
            }
            forgotten = false;
            return request.result() >= 0;
        }
    }

    /// Bytes that come one by one.
    static final class Receiving extends Lane {
        private final Pair pair = Pair.open();
        private final IoBuffer in = IoBuffer.lease(512);
        private final IoBuffer one = IoBuffer.lease(512).put((byte) 1);
        private int owed;

        Receiving(boolean forgets) throws IOException {
            super(forgets);
            int fd = pair.right.fd();
            request = Request.on(pair.right, sqe -> sqe.recv(fd, in.writeAddress(), 64, 0));
            request.buffer(in);
        }

        @Override
        void provoke() {
            assertEquals(1, Linux.send(pair.left.fd(), one.readAddress(), 1, Linux.MSG_NOSIGNAL));
            owed++;
        }

        @Override
        void take(int count) {
            assertTrue(count > 0, "an end that nobody sent");
            owed -= count;
        }

        @Override
        boolean isOwed() {
            return owed > 0;
        }

        @Override
        public void close() {
            pair.close();
            in.close();
            one.close();
        }
    }

    /// The same, without taking them.
    static final class Polling extends Lane {
        private final Pair pair = Pair.open();
        private final IoBuffer one = IoBuffer.lease(512).put((byte) 1);
        private boolean owed;

        Polling() throws IOException {
            super(false);
            int fd = pair.right.fd();
            request = Request.on(pair.right, sqe -> sqe.pollAdd(fd, Linux.POLLIN));
        }

        @Override
        void provoke() {
            if (!owed) {
                assertEquals(
                        1, Linux.send(pair.left.fd(), one.readAddress(), 1, Linux.MSG_NOSIGNAL));
                owed = true;
            }
        }

        @Override
        void take(int events) {
            assertTrue(owed && (events & Linux.POLLIN) != 0, "ready for nothing");
            assertEquals(1, Linux.recv(pair.right.fd(), one.readAddress(), 1, Linux.MSG_DONTWAIT));
            owed = false;
        }

        @Override
        boolean isOwed() {
            return owed;
        }

        @Override
        public void close() {
            pair.close();
            one.close();
        }
    }

    /// Into a connection that is nearly always full.
    static final class Sending extends Lane {
        private static final int BYTES = 4096;

        private final Pair pair = Pair.open();
        private final IoBuffer out = IoBuffer.lease(BYTES);
        private final IoBuffer in = IoBuffer.lease(BYTES);
        private long inside;

        Sending() throws IOException {
            super(false);
            int fd = pair.left.fd();
            Linux.setsockopt(fd, Linux.SOL_SOCKET, Linux.SO_SNDBUF, BYTES);
            out.advance(BYTES);
            request =
                    Request.on(
                            pair.left,
                            sqe -> sqe.send(fd, out.readAddress(), BYTES, Linux.MSG_NOSIGNAL));
            request.buffer(out);
        }

        @Override
        void provoke() {
            drain(BYTES / 2);
        }

        @Override
        void take(int count) {
            inside += count;
        }

        /// All that the sender was told of arrives, and nothing else.
        @Override
        boolean isOwed() {
            Linux.shutdown(pair.left.fd(), Linux.SHUT_WR);
            while (drain(BYTES) > 0) {}
            assertEquals(0, inside, "the sender was told something else");
            return false;
        }

        private int drain(int bytes) {
            int count = Linux.recv(pair.right.fd(), in.writeAddress(), bytes, Linux.MSG_DONTWAIT);
            inside -= Math.max(count, 0);
            return count;
        }

        @Override
        public void close() {
            pair.close();
            out.close();
            in.close();
        }
    }

    /// Connections, whose descriptors have to be closed.
    static final class Accepting extends Lane {
        private final Arena arena = Arena.ofConfined();
        private final LoopbackListener listener = LoopbackListener.open();
        private final SockAddr address = listener.address(arena);
        private final ArrayDeque<Integer> clients = new ArrayDeque<>();

        Accepting(boolean forgets) throws IOException {
            super(forgets);
            int fd = listener.descriptor.fd();
            request = Request.on(listener.descriptor, sqe -> sqe.accept(fd, 0, 0, CLOSE_ON_EXEC));
        }

        @Override
        void provoke() {
            int client = Linux.socket(Linux.AF_INET, Linux.SOCK_STREAM | CLOSE_ON_EXEC, 0);
            assertEquals(0, Linux.connect(client, address));
            clients.add(client);
        }

        @Override
        void take(int connection) {
            reset(connection);
            reset(clients.remove());
        }

        @Override
        boolean isOwed() {
            return !clients.isEmpty();
        }

        /// The test itself must not lose it.
        @Override
        void forget(int connection) {
            super.forget(connection);
            take(connection);
        }

        @Override
        public void close() {
            clients.forEach(CancelLanes::reset);
            listener.close();
            arena.close();
        }
    }

    /// Sockets, each of which connects once.
    static final class Connecting extends Lane {
        private final Arena arena = Arena.ofConfined();
        private final int listener;
        private final SockAddr address;
        private Descriptor socket;
        private boolean connected;

        Connecting() {
            super(false);
            listener = Linux.socket(Linux.AF_INET, Linux.SOCK_STREAM | CLOSE_ON_EXEC, 0);
            address =
                    SockAddr.of(arena, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            assertEquals(0, Linux.bind(listener, address));
            assertEquals(0, Linux.listen(listener, Linux.SOMAXCONN));
            assertEquals(0, Linux.getsockname(listener, address));
            open();
        }

        private void open() {
            int fd = Linux.socket(Linux.AF_INET, Linux.SOCK_STREAM | CLOSE_ON_EXEC, 0);
            socket = Descriptor.ofSocket(fd);
            request =
                    Request.on(socket, sqe -> sqe.connect(fd, address.address(), address.length()));
        }

        @Override
        void provoke() {}

        @Override
        void take(int result) {
            connected = true;
        }

        @Override
        boolean settle() {
            boolean won = super.settle();
            if (connected) {
                int accepted = Linux.accept4(listener, 0, 0, CLOSE_ON_EXEC);
                assertTrue(accepted >= 0, "connected to nobody");
                reset(accepted);
                connected = false;
            }
            Linux.setsockoptLinger(socket.fd(), true, 0);
            socket.close();
            open();
            return won;
        }

        @Override
        boolean isOwed() {
            return false;
        }

        @Override
        public void close() {
            socket.close();
            Linux.close(listener);
            arena.close();
        }
    }

    private static final int CLOSE_ON_EXEC = Linux.SOCK_CLOEXEC;

    /// Closes and leaves nothing behind that would keep a port.
    private static void reset(int fd) {
        Linux.setsockoptLinger(fd, true, 0);
        assertEquals(0, Linux.close(fd));
    }
}
