package dev.corio.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryReceive;
import dev.corio.core.IoBuffer;
import dev.corio.core.RealReceive;
import dev.corio.core.Task;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadPendingException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;

final class TcpStreamTest {
    @EveryReceive
    void echoesThroughIoBuffers(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer out = IoBuffer.lease();
                    IoBuffer in = IoBuffer.lease()) {
                out.put("straight-line".getBytes(UTF_8));
                peers.client.writeFully(out);
                assertEquals(0, out.writeIndex(), "written fully means cleared");
                assertEquals(13, peers.server.read(in));
                assertEquals("straight-line", new String(in.getAll(), UTF_8));
            }
        });
    }

    @EveryReceive
    void readsAppendAndAFullBufferIsRefused(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease(512)) {
                peers.client.writeFully(ByteBuffer.wrap(new byte[600]));
                while (in.writableBytes() > 0) {
                    peers.server.read(in);
                }
                assertEquals(512, in.readableBytes());
                assertThrows(IllegalArgumentException.class, () -> peers.server.read(in));
                assertEquals(88, peers.server.read(in.clear()));
            }
        });
    }

    @EveryReceive
    void byteBuffersOfBothKindsCarryTheSameBytes(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            byte[] bytes = new byte[300_000];
            new Random(1).nextBytes(bytes);
            try (Peers peers = Peers.open()) {
                for (boolean direct : new boolean[] {true, false}) {
                    ByteBuffer source =
                            direct
                                    ? ByteBuffer.allocateDirect(bytes.length)
                                    : ByteBuffer.allocate(bytes.length);
                    source.put(bytes).flip();
                    Task<Integer> writer = core.spawn("writer", () -> peers.client.write(source));
                    ByteBuffer target =
                            direct
                                    ? ByteBuffer.allocateDirect(bytes.length)
                                    : ByteBuffer.allocate(bytes.length);
                    while (target.hasRemaining()) {
                        assertTrue(peers.server.read(target) > 0);
                    }
                    assertEquals(bytes.length, writer.join());
                    byte[] received = new byte[bytes.length];
                    target.flip().get(received);
                    assertArrayEquals(bytes, received);
                }
            }
        });
    }

    @EveryReceive
    void gatherAndScatterKeepTheOrder(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                ByteBuffer direct = ByteBuffer.allocateDirect(3).put(new byte[] {1, 2, 3}).flip();
                ByteBuffer heap = ByteBuffer.wrap(new byte[] {4, 5});
                ByteBuffer empty = ByteBuffer.allocate(0);
                assertEquals(5, peers.client.write(new ByteBuffer[] {direct, empty, heap}));
                assertFalse(direct.hasRemaining() || heap.hasRemaining());
                ByteBuffer first = ByteBuffer.allocate(2);
                ByteBuffer second = ByteBuffer.allocateDirect(10);
                peers.server.readable();
                assertEquals(5, peers.server.read(new ByteBuffer[] {first, second}));
                assertArrayEquals(new byte[] {1, 2}, first.array());
                assertEquals(3, second.flip().remaining());
                assertEquals(3, second.get());
                peers.client.shutdownOutput();
                assertEquals(-1, peers.server.read(new ByteBuffer[] {second.clear()}));
            }
        });
    }

    @EveryReceive
    void gatherOfLargeHeapBuffersSkipsNothing(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            byte[] large = new byte[40_000];
            new Random(2).nextBytes(large);
            try (Peers peers = Peers.open()) {
                ByteBuffer[] sources = {ByteBuffer.wrap(large), ByteBuffer.wrap(new byte[] {1, 2})};
                Task<Long> writer =
                        core.spawn(
                                "writer",
                                () -> {
                                    long total = 0;
                                    while (sources[1].hasRemaining()) {
                                        total += peers.client.write(sources);
                                    }
                                    return total;
                                });
                ByteBuffer[] targets = {ByteBuffer.allocate(30_000), ByteBuffer.allocate(10_002)};
                while (targets[1].hasRemaining()) {
                    assertTrue(peers.server.read(targets) > 0);
                }
                assertEquals(40_002, writer.join());
                ByteBuffer received = ByteBuffer.allocate(40_002);
                received.put(targets[0].flip()).put(targets[1].flip());
                assertEquals(ByteBuffer.wrap(large), received.slice(0, 40_000));
                assertEquals(2, received.get(40_001));
            }
        });
    }

    @EveryReceive
    void waitingHoldsNoBufferWhenTheGroupIsEmpty(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(1),
                core -> {
                    try (Peers holder = Peers.open();
                            Peers peers = Peers.open()) {
                        holder.client.write(ByteBuffer.wrap(new byte[] {1}));
                        try (IoBuffer held = holder.server.receive()) {
                            assertNotNull(held);
                            Task<Integer> reader =
                                    core.spawn(
                                            "reader",
                                            () -> {
                                                try (IoBuffer bytes = peers.server.receive()) {
                                                    return bytes == null
                                                            ? -1
                                                            : bytes.readableBytes();
                                                }
                                            });
                            Core.sleep(Duration.ofMillis(5));
                            assertEquals(
                                    1, core.buffers().leasedCount(), "only the one that is held");
                            peers.client.write(ByteBuffer.wrap(new byte[3]));
                            assertEquals(3, reader.join());
                        }
                    }
                });
    }

    @EveryReceive
    void cancelledTaskStillClosesItsLingeringStream(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                peers.client.linger(Duration.ofSeconds(1));
                Thread.currentThread().interrupt();
                peers.client.close();
                assertTrue(Thread.interrupted(), "the interrupt is kept");
                assertEquals(-1, peers.server.read(in), "the peer sees the end");
            }
        });
    }

    @EveryReceive
    void channelsOfTheJdkWorkOnIt(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                Task<Void> writer =
                        core.spawn(
                                "writer",
                                () -> {
                                    Channels.newOutputStream(peers.client).write(new byte[100_000]);
                                    peers.client.shutdownOutput();
                                    return null;
                                });
                InputStream input = Channels.newInputStream(peers.server);
                assertEquals(100_000, input.readAllBytes().length);
                writer.join();
            }
        });
    }

    @EveryReceive
    void receiveLeasesOnlyWhenBytesAreThere(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                Task<Integer> reader =
                        core.spawn(
                                "reader",
                                () -> {
                                    try (IoBuffer bytes = peers.server.receive()) {
                                        return bytes == null ? -1 : bytes.readableBytes();
                                    }
                                });
                Core.sleep(Duration.ofMillis(2));
                assertEquals(0, core.buffers().leasedCount(), "an idle connection holds a buffer");
                peers.client.write(ByteBuffer.wrap(new byte[7]));
                assertEquals(7, reader.join());
                peers.client.shutdownOutput();
                assertNull(peers.server.receive());
            }
        });
    }

    @EveryReceive
    void receiveGoesOnWhenTheGroupIsEmpty(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(1),
                core -> {
                    try (Peers peers = Peers.open()) {
                        peers.client.write(ByteBuffer.wrap(new byte[] {1}));
                        try (IoBuffer first = peers.server.receive()) {
                            peers.client.write(ByteBuffer.wrap(new byte[] {2}));
                            try (IoBuffer second = peers.server.receive()) {
                                assertNotNull(first);
                                assertNotNull(second);
                                assertEquals(1, first.get());
                                assertEquals(2, second.get());
                            }
                        }
                    }
                });
    }

    @EveryReceive
    void halfClosedPeerStillGetsItsAnswer(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                peers.client.writeFully(ByteBuffer.wrap(new byte[] {1}));
                peers.client.shutdownOutput();
                assertEquals(1, peers.server.read(in));
                assertEquals(-1, peers.server.read(in));
                peers.server.writeFully(ByteBuffer.wrap(new byte[] {2, 3}));
                peers.server.shutdownOutput();
                assertEquals(2, peers.client.read(in.clear()));
                assertEquals(-1, peers.client.read(in));
            }
        });
    }

    @EveryReceive
    void interruptedReadLeavesTheStreamUsable(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                Task<Integer> reader = core.spawn("reader", () -> peers.server.read(in));
                Core.sleep(Duration.ofMillis(2));
                reader.thread().interrupt();
                ExecutionException failure = assertThrows(ExecutionException.class, reader::join);
                assertInstanceOf(InterruptedIOException.class, failure.getCause());
                peers.client.writeFully(ByteBuffer.wrap(new byte[] {5}));
                assertEquals(1, peers.server.read(in));
                assertEquals(5, in.get());
            }
        });
    }

    @EveryReceive
    void secondReaderIsRefused(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer first = IoBuffer.lease();
                    IoBuffer second = IoBuffer.lease()) {
                Task<Integer> reader = core.spawn("reader", () -> peers.server.read(first));
                Core.sleep(Duration.ofMillis(2));
                assertThrows(ReadPendingException.class, () -> peers.server.read(second));
                assertThrows(IllegalStateException.class, first::clear);
                peers.client.writeFully(ByteBuffer.wrap(new byte[1]));
                assertEquals(1, reader.join());
            }
        });
    }

    @EveryReceive
    void closingWakesTheReaderAndTheStreamSaysClosed(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                Task<Integer> reader = core.spawn("reader", () -> peers.server.read(in));
                Core.sleep(Duration.ofMillis(2));
                peers.server.close();
                ExecutionException failure = assertThrows(ExecutionException.class, reader::join);
                assertInstanceOf(AsynchronousCloseException.class, failure.getCause());
                assertThrows(ClosedChannelException.class, () -> peers.server.read(in));
                assertFalse(peers.server.isOpen());
            }
        });
    }

    @EveryReceive
    void refusedConnectionNamesAddressAndErrno(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            ConnectException refused =
                    assertThrows(
                            ConnectException.class,
                            () -> TcpStream.connect(new InetSocketAddress("127.0.0.1", 1)));
            assertEquals(
                    "connect(127.0.0.1:1): ECONNREFUSED (111) connection refused",
                    refused.getMessage());
        });
    }

    @EveryReceive
    void connectGivesUpInTime(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            // A listener whose backlog is full drops further connection requests.
            try (TcpListener full =
                    TcpListener.bind(Peers.anyPort(), ListenOptions.defaults().withBacklog(1))) {
                List<TcpStream> filling = new java.util.ArrayList<>();
                SocketTimeoutException late =
                        assertThrows(
                                SocketTimeoutException.class,
                                () -> {
                                    while (true) {
                                        filling.add(
                                                TcpStream.connect(
                                                        full.localAddress(),
                                                        Duration.ofMillis(100)));
                                    }
                                });
                assertTrue(late.getMessage().contains("timed out after"), late.getMessage());
                filling.forEach(TcpStream::close);
            }
        });
    }

    @EveryReceive
    void namesAreLookedUpBesideTheCore(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (TcpListener listener = TcpListener.bind(Peers.anyPort());
                    TcpStream client =
                            TcpStream.connect(
                                    "localhost",
                                    listener.localAddress().getPort(),
                                    Duration.ofSeconds(5));
                    TcpStream server = listener.accept()) {
                assertEquals(client.localAddress(), server.remoteAddress());
                assertEquals(client.remoteAddress(), server.localAddress());
            }
            assertThrows(
                    UnknownHostException.class,
                    () -> TcpStream.connect("no-such-host.invalid", 1, Duration.ofSeconds(5)));
        });
    }

    @EveryReceive
    void optionsReachTheKernel(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                peers.client
                        .noDelay(true)
                        .keepAlive(Duration.ofSeconds(30), Duration.ofSeconds(5), 3)
                        .sendBufferBytes(64 << 10)
                        .receiveBufferBytes(64 << 10)
                        .userTimeout(Duration.ofSeconds(20));
                assertEquals(1, Peers.option(peers.client, 6, 1));
                assertEquals(30, Peers.option(peers.client, 6, 4));
                assertEquals(20_000, Peers.option(peers.client, 6, 18));
                assertEquals(2 * (64 << 10), Peers.option(peers.client, 1, 7));
            }
        });
    }

    @EveryReceive
    void lingerZeroResetsTheConnection(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                peers.client.linger(Duration.ZERO).close();
                java.io.IOException reset =
                        assertThrows(java.io.IOException.class, () -> peers.server.read(in));
                assertTrue(reset.getMessage().contains("ECONNRESET"), reset.getMessage());
            }
        });
    }

    @RealReceive // no call waits on a simulated kernel
    void lingeringCloseDoesNotBlockTheCore(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                peers.client.linger(Duration.ofSeconds(1));
                Task<AsynchronousCloseException> stuck =
                        core.spawn(
                                "stuck",
                                () ->
                                        assertThrows(
                                                AsynchronousCloseException.class,
                                                () ->
                                                        peers.client.write(
                                                                ByteBuffer.allocateDirect(
                                                                        16 << 20))));
                Core.sleep(Duration.ofMillis(20));
                Task<Void> closer =
                        core.spawn(
                                "closer",
                                () -> {
                                    peers.client.close();
                                    return null;
                                });
                int turns = 0;
                while (!closer.isDone()) {
                    Core.sleep(Duration.ofMillis(10));
                    turns++;
                }
                assertTrue(turns > 5, "the core stood still while the close lingered");
                stuck.join();
            }
        });
    }

    @EveryReceive
    void portInUseIsSaidWithTheAddress(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (TcpListener first =
                    TcpListener.bind(
                            Peers.anyPort(), ListenOptions.defaults().withReusePort(false))) {
                BindException inUse =
                        assertThrows(
                                BindException.class, () -> TcpListener.bind(first.localAddress()));
                assertTrue(inUse.getMessage().contains("EADDRINUSE"), inUse.getMessage());
                assertTrue(
                        inUse.getMessage().contains("127.0.0.1:" + first.localAddress().getPort()),
                        inUse.getMessage());
            }
        });
    }

    @EveryReceive
    void portIsFreeWhenCloseReturns(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            InetSocketAddress address;
            try (TcpListener first =
                    TcpListener.bind(
                            Peers.anyPort(), ListenOptions.defaults().withReusePort(false))) {
                address = first.localAddress();
                Task<TcpStream> acceptor = core.spawn("acceptor", first::accept);
                Core.sleep(Duration.ofMillis(2));
                first.close();
                assertThrows(ExecutionException.class, acceptor::join);
            }
            TcpListener.bind(address, ListenOptions.defaults().withReusePort(false)).close();
        });
    }

    @EveryReceive
    void interruptedAcceptLosesNoConnection(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (TcpListener listener = TcpListener.bind(Peers.anyPort())) {
                Task<TcpStream> acceptor = core.spawn("acceptor", listener::accept);
                Core.sleep(Duration.ofMillis(2));
                acceptor.thread().interrupt();
                assertThrows(ExecutionException.class, acceptor::join);
                try (TcpStream client = TcpStream.connect(listener.localAddress());
                        TcpStream server = listener.accept()) {
                    assertEquals(client.localAddress(), server.remoteAddress());
                }
            }
        });
    }

    @EveryReceive
    void connectionsNobodyTookAreClosedWithTheListener(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            TcpListener listener = TcpListener.bind(Peers.anyPort());
            TcpStream first = TcpStream.connect(listener.localAddress());
            listener.accept().close();
            TcpStream second = TcpStream.connect(listener.localAddress());
            Core.sleep(Duration.ofMillis(5));
            listener.close();
            first.close();
            second.close();
        });
    }

    @EveryReceive
    void crowdBeforeTheFirstAcceptIsServedInFull(DriverUnderTest driver) throws Exception {
        // With less room for completions than there are connections.
        driver.run(
                driver.options().ringEntries(8),
                core -> {
                    ListenOptions few = new ListenOptions(4096, true, 4);
                    int crowd = 1_000;
                    List<Descriptor> clients;
                    try (TcpListener listener = TcpListener.bind(Peers.anyPort(), few)) {
                        Task<TcpStream> first = core.spawn("first", listener::accept);
                        Core.sleep(Duration.ofMillis(2));
                        clients = Peers.crowd(core, listener.localAddress(), crowd);
                        first.join().close();
                        for (int i = 1; i < crowd; i++) {
                            listener.accept().close();
                        }
                    }
                    clients.forEach(Descriptor::close);
                });
    }

    @EveryReceive
    void ipv6LoopbackWorks(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("::1"), 0);
            try (TcpListener listener = TcpListener.bind(any);
                    TcpStream client = TcpStream.connect(listener.localAddress());
                    TcpStream server = listener.accept()) {
                assertEquals(client.localAddress(), server.remoteAddress());
            }
        });
    }
}
