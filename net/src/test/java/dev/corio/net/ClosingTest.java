package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import dev.corio.core.LeakDetection;
import dev.corio.core.RealReceive;
import dev.corio.core.Task;
import dev.corio.linux.Errno;
import dev.corio.linux.SyscallException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The ends of listeners and streams.
final class ClosingTest {
    private static final ListenOptions ALONE = ListenOptions.defaults().withReusePort(false);

    @EveryReceive
    void portIsFreeWhenCloseReturns(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            TcpListener first = TcpListener.bind(Peers.anyPort(), ALONE);
            InetSocketAddress address = first.localAddress();
            first.close();
            for (int round = 0; round < 1000; round++) {
                TcpListener listener = TcpListener.bind(address, ALONE);
                Task<ClosedChannelException> acceptor =
                        core.spawn(
                                "acceptor",
                                () ->
                                        assertThrows(
                                                ClosedChannelException.class,
                                                () -> {
                                                    while (true) {
                                                        listener.accept().close();
                                                    }
                                                }));
                if (round % 3 > 0) {
                    Core.yield();
                }
                if (round % 10 == 9) {
                    TcpStream client = TcpStream.connect(address);
                    client.linger(Duration.ZERO).close();
                }
                Task<Void> closer = core.spawn("second closer", listener::close);
                listener.close();
                TcpListener.bind(address, ALONE).close();
                acceptor.join();
                closer.join();
            }
        });
    }

    @RealReceive
    void portsAreFreeWhenTheCoresAreClosed(DriverUnderTest driver) throws Exception {
        int before = DriverUnderTest.openFiles();
        InetSocketAddress address = Peers.anyPort();
        for (int round = 0; round < 50; round++) {
            // Left open on purpose, so nobody need be told.
            CoreOptions options = driver.options().leakDetection(LeakDetection.OFF);
            try (Cores cores = Cores.start(options)) {
                InetSocketAddress wanted = address;
                address =
                        cores.core(0)
                                .spawn("leaves a listener", () -> leaveListener(wanted))
                                .join();
            }
            try (ServerSocket other = new ServerSocket()) {
                other.bind(address);
            }
        }
        assertEquals(before, DriverUnderTest.openFiles(), "connections nobody took are open");
    }

    /// With an accept in flight, and connections in the kernel's queue and in ours.
    private static InetSocketAddress leaveListener(InetSocketAddress address) throws Exception {
        TcpListener listener = TcpListener.bind(address, ALONE);
        for (int i = 0; i < 3; i++) {
            TcpStream.connect(listener.localAddress()).linger(Duration.ZERO);
        }
        listener.accept().linger(Duration.ZERO).close();
        Core.current()
                .spawn(
                        "acceptor",
                        () -> {
                            while (true) {
                                listener.accept().linger(Duration.ZERO);
                            }
                        });
        Core.sleep(Duration.ofMillis(1));
        return listener.localAddress();
    }

    @EveryReceive
    void readerWriterAndBothClosersEnd(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                Task<?> reader =
                        core.spawn(
                                "reader",
                                () ->
                                        assertThrows(
                                                AsynchronousCloseException.class,
                                                () -> peers.client.read(in)));
                ByteBuffer much = ByteBuffer.allocateDirect(64 << 20);
                Task<?> writer =
                        core.spawn(
                                "writer",
                                () ->
                                        assertThrows(
                                                ClosedChannelException.class,
                                                () -> peers.client.writeFully(much)));
                Core.sleep(Duration.ofMillis(5));
                List<Task<Void>> closers = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    closers.add(
                            core.spawn(
                                    "closer",
                                    () -> {
                                        peers.client.close();
                                        // Not lent to the kernel any more.
                                        in.clear();
                                    }));
                }
                for (Task<Void> each : closers) {
                    each.join();
                }
                reader.join();
                writer.join();
                assertTrue(much.hasRemaining());
                assertFalse(peers.client.isOpen());
            }
        });
    }

    @EveryReceive
    void whatWasWrittenArrivesAfterTheClose(DriverUnderTest driver) throws Exception {
        assumeFalse(driver.sendsWithoutCopy(), "it writes more than arrives before it reads");
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                int bytes = 200_000;
                peers.client.sendBufferBytes(1 << 20);
                peers.client.writeFully(ByteBuffer.allocateDirect(bytes));
                peers.client.close();
                int received = 0;
                for (int count; (count = peers.server.read(in.clear())) != -1; received += count) {}
                assertEquals(bytes, received);
            }
        });
    }

    @EveryReceive
    void bytesThatWereNotReadResetTheConnection(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                peers.client.writeFully(ByteBuffer.wrap(new byte[10]));
                peers.server.readable();
                peers.server.close();
                assertReset(peers.client);
            }
        });
    }

    @EveryReceive
    void lingerOfZeroResetsTheConnection(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                peers.client.linger(Duration.ZERO).close();
                assertReset(peers.server);
            }
        });
    }

    private static void assertReset(TcpStream stream) throws IOException {
        try (IoBuffer in = IoBuffer.lease()) {
            SyscallException reset = assertThrows(SyscallException.class, () -> stream.read(in));
            assertEquals(Errno.ECONNRESET, reset.errno());
        }
    }

    @EveryReceive
    void halfClosedStreamStillReadsAndClosesWithoutReset(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                peers.client.shutdownOutput();
                assertThrows(
                        SyscallException.class,
                        () -> peers.client.write(ByteBuffer.wrap(new byte[1])));
                assertEquals(-1, peers.server.read(in));
                peers.server.writeFully(ByteBuffer.wrap(new byte[5]));
                peers.server.close();
                assertEquals(5, peers.client.read(in));
                assertEquals(-1, peers.client.read(in.clear()));
                peers.client.close();
            }
        });
    }

    @EveryReceive
    void deadlineOfAnExchangeLeavesTheStreamsUsable(DriverUnderTest driver) throws Exception {
        assumeFalse(driver.sendsWithoutCopy(), "a cancelled send resets the connection");
        driver.run(core -> {
            try (TcpListener listener = TcpListener.bind(Peers.anyPort());
                    Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                Duration soon = Duration.ofMillis(2);
                assertThrows(
                        DeadlineExceededException.class,
                        () -> Deadline.within(soon, listener::accept));
                assertThrows(
                        DeadlineExceededException.class,
                        () -> Deadline.within(soon, () -> peers.client.read(in)));
                assertThrows(
                        DeadlineExceededException.class,
                        () -> Deadline.within(soon, () -> peers.client.receive()));
                ByteBuffer much = ByteBuffer.allocateDirect(64 << 20);
                assertThrows(
                        DeadlineExceededException.class,
                        () -> Deadline.within(soon, () -> peers.client.writeFully(much)));
                TcpStream.connect(listener.localAddress()).close();
                listener.accept().close();
                peers.server.writeFully(ByteBuffer.wrap(new byte[3]));
                assertEquals(3, peers.client.read(in));
                long received = 0;
                while (received < much.position()) {
                    received += peers.server.read(in.clear());
                }
                assertEquals(much.position(), received, "what was sent is what was told");
            }
        });
    }
}
