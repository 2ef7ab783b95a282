package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.CoreStats;
import dev.corio.core.Cores;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.IoBuffer;
import dev.corio.core.RealReceive;
import dev.corio.core.Task;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

final class MoveTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private static CoreOptions cores(DriverUnderTest driver, int count) {
        CoreOptions options = driver.options();
        int[] cpus = new int[count];
        Arrays.fill(cpus, options.cpus()[0]);
        return options.cpus(cpus);
    }

    /// A connection from a plain socket, accepted on the first core.
    private static final class Connected implements AutoCloseable {
        final Socket client = new Socket();
        final TcpStream server;

        /// The client connects on the test's own thread: the kernel keeps it until it is accepted.
        Connected(Core core) throws Exception {
            TcpListener listener =
                    core.spawn("bind", () -> TcpListener.bind(Peers.anyPort())).join(LONG);
            client.setSoTimeout((int) LONG.toMillis());
            client.connect(listener.localAddress());
            server =
                    core.spawn(
                                    "accept",
                                    () -> {
                                        try (listener) {
                                            return listener.accept();
                                        }
                                    })
                            .join(LONG);
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    private static void echo(TcpStream stream) throws IOException {
        try (IoBuffer buffer = IoBuffer.lease()) {
            while (stream.read(buffer) != -1) {
                stream.writeFully(buffer);
            }
        }
    }

    @RealReceive // two cores
    void movedConnectionLosesNoByteAndLeavesNothingBehind(DriverUnderTest driver) throws Exception {
        int filesBefore = DriverUnderTest.openFiles();
        try (Cores cores = Cores.start(cores(driver, 2))) {
            Core first = cores.core(0);
            Core second = cores.core(1);
            try (Connected connected = new Connected(first)) {
                connected.client.getOutputStream().write(new byte[] {1, 2, 3, 4});
                Task<Task<Void>> moving =
                        first.spawn(
                                "moves",
                                () -> {
                                    // Used in each way before, with bytes left unread.
                                    TcpStream server = connected.server.noDelay(true);
                                    ByteBuffer one = ByteBuffer.allocateDirect(1);
                                    assertEquals(1, server.read(one));
                                    server.readable();
                                    server.write(ByteBuffer.wrap(new byte[] {9}));
                                    Task<Void> there =
                                            server.moveTo(second, "echo", MoveTest::echo);
                                    assertFalse(server.isOpen());
                                    assertThrows(
                                            ClosedChannelException.class, () -> server.read(one));
                                    server.close();
                                    return there;
                                });
                Task<Void> there = moving.join(LONG);
                InputStream input = connected.client.getInputStream();
                assertEquals("[9, 2, 3, 4]", read(input, 4));
                for (int i = 0; i < 50; i++) {
                    connected.client.getOutputStream().write(new byte[] {(byte) i, 7});
                    assertEquals("[" + i + ", 7]", read(input, 2));
                }
                assertEquals(0, first.stats().descriptorsOpen());
                assertEquals(1, second.stats().descriptorsOpen());
                connected.client.shutdownOutput();
                there.join(LONG);
                assertEquals(-1, input.read(), "closed there");
            }
            CoreStats stats = cores.stats();
            assertEquals(0, stats.descriptorsOpen());
            assertEquals(0, stats.buffersLeased());
            assertEquals(0, stats.operationsInFlight());
        }
        assertEquals(filesBefore, DriverUnderTest.openFiles(), "files left open");
    }

    private static String read(InputStream input, int bytes) throws IOException {
        return Arrays.toString(input.readNBytes(bytes));
    }

    @RealReceive // two cores
    void connectionCanGoThereAndBackManyTimes(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(cores(driver, 2))) {
            try (Connected connected = new Connected(cores.core(0))) {
                cores.core(0).spawn("go", () -> bounce(connected.server, cores, 40)).join(LONG);
                connected.client.getOutputStream().write(new byte[40]);
                assertEquals(40, connected.client.getInputStream().readAllBytes().length);
            }
        }
    }

    /// Echoes one byte on each core in turn, and then lets the connection be closed.
    private static void bounce(TcpStream stream, Cores cores, int left) throws IOException {
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        Core other = cores.core(1 - Core.current().index());
        stream.moveTo(
                other,
                "bounce",
                moved -> {
                    assertEquals(1, moved.read(one));
                    moved.writeFully(one.flip());
                    if (left > 1) {
                        bounce(moved, cores, left - 1);
                    }
                });
    }

    @RealReceive // two cores
    void connectionInUseIsNotMoved(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(cores(driver, 2))) {
            Core first = cores.core(0);
            try (Connected connected = new Connected(first)) {
                TcpStream server = connected.server;
                Task<Integer> reading =
                        first.spawn(
                                "reads",
                                () -> {
                                    try (IoBuffer buffer = IoBuffer.lease()) {
                                        return server.read(buffer);
                                    }
                                });
                Task<IllegalStateException> moving =
                        first.spawn(
                                "moves",
                                () ->
                                        assertThrows(
                                                IllegalStateException.class,
                                                () ->
                                                        server.moveTo(
                                                                cores.core(1),
                                                                "echo",
                                                                MoveTest::echo)));
                String text = moving.join(LONG).getMessage();
                assertTrue(text.contains("recv(fd="), text);
                connected.client.getOutputStream().write(1);
                assertEquals(1, reading.join(LONG), "nothing has happened to it");
                first.spawn("closes", server::close).join(LONG);
            }
        }
    }

    @RealReceive // two cores
    void connectionThatNobodyTakesIsClosed(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(cores(driver, 1))) {
            Core first = cores.core(0);
            Cores others = Cores.start(cores(driver, 1).mailboxMax(2));
            Core second = others.core(0);
            // Full: the sender is interrupted while it waits for room.
            CountDownLatch release = new CountDownLatch(1);
            CountDownLatch held = new CountDownLatch(1);
            second.execute(() -> {
                held.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            held.await();
            second.execute(() -> {});
            second.execute(() -> {});
            try (Connected connected = new Connected(first)) {
                Task<Void> moving =
                        first.spawn(
                                "moves",
                                () -> {
                                    connected.server.moveTo(second, "echo", MoveTest::echo);
                                });
                while (moving.thread().getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
                moving.cancel();
                assertThrows(CancellationException.class, () -> moving.join(LONG));
                assertEquals(-1, connected.client.getInputStream().read(), "it is closed");
            }
            release.countDown();
            others.close();
            // Closed: refused with the reason.
            try (Connected connected = new Connected(first)) {
                Task<IOException> moving =
                        first.spawn(
                                "moves",
                                () ->
                                        assertThrows(
                                                IOException.class,
                                                () ->
                                                        connected.server.moveTo(
                                                                second, "echo", MoveTest::echo)));
                IOException failure = moving.join(LONG);
                assertFalse(failure instanceof InterruptedIOException, failure.toString());
                assertTrue(failure.getMessage().contains("is closed"), failure.getMessage());
                assertEquals(-1, connected.client.getInputStream().read());
            }
        }
    }

    @RealReceive // two cores
    void longConnectionsEndUpEvenlyDistributed(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(cores(driver, 4))) {
            ConcurrentHashMap<Integer, AtomicInteger> served = new ConcurrentHashMap<>();
            Core first = cores.core(0);
            Distributor[] distributor = new Distributor[1];
            TcpListener listener =
                    first.spawn("bind", () -> TcpListener.bind(Peers.anyPort())).join(LONG);
            Task<Void> accepting =
                    first.spawn(
                            "accept",
                            () -> {
                                distributor[0] = new Distributor(cores.all());
                                try (listener) {
                                    while (true) {
                                        distributor[0].hand(
                                                listener.acceptDetached(),
                                                "echo",
                                                stream -> {
                                                    served.computeIfAbsent(
                                                                    Core.current().index(),
                                                                    _ -> new AtomicInteger())
                                                            .incrementAndGet();
                                                    echo(stream);
                                                });
                                    }
                                }
                            });
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                clients.add(connect(listener.localAddress()));
            }
            assertEquals("{0=2, 1=2, 2=2, 3=2}", served.toString());
            // Two that end on one core make room there.
            for (int i : new int[] {1, 5}) {
                clients.get(i).close();
            }
            while (first.spawn("live", () -> distributor[0].live(cores.core(1))).join(LONG) > 0) {
                Thread.onSpinWait();
            }
            clients.set(1, connect(listener.localAddress()));
            clients.set(5, connect(listener.localAddress()));
            assertEquals("{0=2, 1=4, 2=2, 3=2}", served.toString());
            for (Socket client : clients) {
                client.close();
            }
            accepting.cancel();
            assertThrows(CancellationException.class, () -> accepting.join(LONG));
        }
    }

    @RealReceive
    void coreThatHasEndedIsGivenNothingMore(DriverUnderTest driver) throws Exception {
        try (Cores lives = Cores.start(cores(driver, 1));
                Cores ends = Cores.start(cores(driver, 1))) {
            Core first = lives.core(0);
            TcpListener listener =
                    first.spawn("bind", () -> TcpListener.bind(Peers.anyPort())).join(LONG);
            Task<Void> accepting =
                    first.spawn(
                            "accept",
                            () -> {
                                var distributor = new Distributor(List.of(ends.core(0), first));
                                try (listener) {
                                    while (true) {
                                        distributor.hand(
                                                listener.acceptDetached(), "echo", MoveTest::echo);
                                    }
                                }
                            });
            // To each one, of which the other's goes with its core.
            connect(listener.localAddress()).close();
            try (Socket stays = connect(listener.localAddress())) {
                ends.close();
                for (int i = 0; i < 4; i++) {
                    connect(listener.localAddress()).close();
                }
                assertTrue(stays.isConnected());
            }
            accepting.cancel();
            assertThrows(CancellationException.class, () -> accepting.join(LONG));
        }
    }

    /// A connection that is served: it has echoed a byte.
    private static Socket connect(InetSocketAddress address) throws IOException {
        Socket client = new Socket(address.getAddress(), address.getPort());
        client.setSoTimeout((int) LONG.toMillis());
        client.getOutputStream().write(1);
        assertEquals(1, client.getInputStream().read());
        return client;
    }
}
