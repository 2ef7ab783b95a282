package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/// Sends without a copy, to a peer that has no room for the bytes until it reads: the kernel has
/// them all and the memory too.
final class ZeroCopyTest {
    private static final DriverUnderTest DRIVER = DriverUnderTest.IO_URING_ZERO_COPY;
    private static final int BYTES = 150_000;

    /// Far more than a cancelled send waits for its acknowledgement.
    private static final Duration LONG = Duration.ofSeconds(5);

    @Test
    void itIsOffByDefaultAndTheLimitIsChecked() {
        assertEquals(0, CoreOptions.defaults().sendZeroCopyBytes());
        var refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> CoreOptions.defaults().sendZeroCopyBytes(-1));
        assertTrue(refused.getMessage().endsWith("-1"), refused.getMessage());
    }

    @Test
    void memoryIsLentUntilThePeerHasTheBytesAndTheResultCountsThem() throws Exception {
        DRIVER.run(core -> {
            try (Peer peer = Peer.open();
                    IoBuffer out = random()) {
                byte[] expected = bytes();
                Request send = peer.send(out);
                assertTrue(core.submit(send));
                awaitSent(send);
                Core.sleep(Duration.ofMillis(50));
                assertTrue(send.isInFlight());
                assertEquals(List.of(), send.results);
                assertThrows(IllegalStateException.class, out::clear);
                assertThrows(IllegalStateException.class, out::close);
                assertThrows(IllegalStateException.class, () -> core.submit(send));
                assertArrayEquals(expected, peer.input().readNBytes(BYTES));
                awaitOver(send);
                assertEquals(List.of(BYTES), send.results);
                assertEquals(BYTES, send.result());
                assertEquals(0, send.flags);
            }
        });
    }

    /// The same with a copy: then the kernel has the bytes and the memory is free.
    @Test
    void memoryIsFreeAtOnceWhereItIsCopied() throws Exception {
        DRIVER.run(
                DRIVER.options().sendZeroCopyBytes(BYTES + 1),
                core -> {
                    try (Peer peer = Peer.open();
                            IoBuffer out = random()) {
                        assertEquals(BYTES, core.await(peer.send(out)));
                    }
                });
    }

    @Test
    void cancelledOneLeavesTheConnectionWholeWhenThePeerReadsInTime() throws Exception {
        DRIVER.run(core -> {
            try (Peer peer = Peer.open();
                    IoBuffer out = random()) {
                Request send = peer.send(out);
                assertTrue(core.submit(send));
                awaitSent(send);
                core.cancel(send);
                assertEquals(BYTES, peer.input().readNBytes(BYTES).length);
                awaitOver(send);
                assertEquals(List.of(BYTES), send.results);
                out.skip(BYTES - 10);
                assertEquals(10, core.await(send));
                assertEquals(10, peer.input().readNBytes(10).length);
            }
        });
    }

    @Test
    void interruptedTaskGetsItsMemoryBackAlthoughThePeerDoesNotRead() throws Exception {
        DRIVER.run(core -> {
            try (Peer peer = Peer.open();
                    IoBuffer out = random()) {
                Request send = peer.send(out);
                Task<InterruptedIOException> writer =
                        core.spawn(
                                "writer",
                                () ->
                                        assertThrows(
                                                InterruptedIOException.class,
                                                () -> core.await(send)));
                awaitSent(send);
                writer.thread().interrupt();
                writer.join(LONG);
                assertFalse(send.isInFlight());
                out.clear();
                assertThrows(IOException.class, () -> peer.input().readNBytes(BYTES));
            }
        });
    }

    @Test
    void aSendThatIsCancelledOnItsWayIsToo() throws Exception {
        DRIVER.run(core -> {
            try (Peer peer = Peer.open();
                    IoBuffer out = IoBuffer.lease(8 << 20)) {
                out.advance(8 << 20);
                Request send = peer.send(out);
                assertTrue(core.submit(send));
                Core.sleep(Duration.ofMillis(50));
                assertEquals(ZeroCopySends.SENDING, send.zeroCopy);
                core.cancel(send);
                awaitOver(send);
                assertTrue(send.wasCancelled(), "result " + send.result());
            }
        });
    }

    @Test
    void timeoutEndsIt() throws Exception {
        DRIVER.run(core -> {
            try (Peer peer = Peer.open();
                    IoBuffer out = random()) {
                assertThrows(
                        SocketTimeoutException.class,
                        () -> core.await(peer.send(out), Duration.ofMillis(20)));
            }
        });
    }

    @Test
    void closeEndsItAndTellsTheTaskThatWaits() throws Exception {
        DRIVER.run(core -> {
            try (Peer peer = Peer.open();
                    IoBuffer out = random()) {
                Request send = peer.send(out);
                Task<AsynchronousCloseException> writer =
                        core.spawn(
                                "writer",
                                () ->
                                        assertThrows(
                                                AsynchronousCloseException.class,
                                                () -> core.await(send)));
                awaitSent(send);
                peer.descriptor.close();
                assertFalse(send.isInFlight());
                out.clear();
                writer.join(LONG);
            }
        });
    }

    @Test
    void coreThatClosesWaitsForTheMemoryAndNotForThePeer() throws Exception {
        int openBefore = DriverUnderTest.openFiles();
        Peer peer;
        Request send;
        CoreOptions options = DRIVER.options().leakDetection(LeakDetection.OFF);
        try (Cores cores = Cores.start(options)) {
            Core core = cores.core(0);
            peer = core.spawn("open", Peer::open).join(LONG);
            send = core.spawn("send", () -> submitted(core, peer)).join(LONG);
        }
        assertFalse(send.isInFlight());
        assertTrue(send.wasCancelled(), "result " + send.result());
        peer.accepted.close();
        assertEquals(openBefore, DriverUnderTest.openFiles());
    }

    @Test
    void coreThatFailsTellsWhoWaits() throws Exception {
        try (Cores cores = Cores.start(DRIVER.options())) {
            Core core = cores.core(0);
            Peer peer = core.spawn("open", Peer::open).join(LONG);
            Task<Integer> writer =
                    core.spawn(
                            "send",
                            () -> {
                                try (IoBuffer out = random()) {
                                    return core.await(peer.send(out));
                                }
                            });
            Thread.sleep(50);
            DriverUnderTest.fail(core);
            var failure = assertThrows(ExecutionException.class, () -> writer.join(LONG));
            assertInstanceOf(CoreFailedException.class, failure.getCause());
            peer.accepted.close();
        }
    }

    /// A socket that can only copy: `EOPNOTSUPP`.
    @Test
    void whatTheSocketRefusesIsCopied() throws Exception {
        DRIVER.run(core -> {
            try (UnixPair pair = UnixPair.open(core);
                    IoBuffer out = IoBuffer.lease(1000).put(new byte[1000]);
                    IoBuffer in = IoBuffer.lease()) {
                Request send =
                        Request.on(
                                pair.left(),
                                sqe ->
                                        sqe.send(
                                                pair.left().fd(),
                                                out.readAddress(),
                                                out.readableBytes(),
                                                Linux.MSG_NOSIGNAL));
                send.buffer(out);
                for (int i = 1; i <= 2; i++) {
                    assertEquals(1000, core.await(send));
                    assertTrue(send.mustCopy);
                    assertEquals(i, send.results.size());
                    int fd = pair.right().fd();
                    Request receive =
                            Request.on(
                                    pair.right(),
                                    sqe -> sqe.recv(fd, in.writeAddress(), in.writableBytes(), 0));
                    assertEquals(1000, core.await(receive));
                }
            }
        });
    }

    private static Request submitted(Core core, Peer peer) throws Exception {
        IoBuffer out = random();
        Request send = peer.send(out);
        assertTrue(core.submit(send));
        awaitSent(send);
        return send;
    }

    private static void awaitSent(Request send) throws InterruptedException {
        for (int i = 0; i < 1000 && send.zeroCopy != ZeroCopySends.SENT; i++) {
            Core.sleep(Duration.ofMillis(1));
        }
        assertEquals(ZeroCopySends.SENT, send.zeroCopy, "result " + send.result());
    }

    private static void awaitOver(Request send) throws InterruptedException {
        for (int i = 0; i < 5000 && send.isInFlight(); i++) {
            Core.sleep(Duration.ofMillis(1));
        }
        assertFalse(send.isInFlight());
    }

    private static IoBuffer random() throws InterruptedIOException {
        return IoBuffer.lease(BYTES).put(bytes());
    }

    private static byte[] bytes() {
        byte[] bytes = new byte[BYTES];
        new Random(BYTES).nextBytes(bytes);
        return bytes;
    }

    /// A connection to a socket of the JDK that takes little before it is read.
    private record Peer(Descriptor descriptor, Socket accepted) implements AutoCloseable {
        static Peer open() throws Exception {
            try (ServerSocket listener = new ServerSocket()) {
                listener.setReceiveBufferSize(4096);
                listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                Descriptor descriptor =
                        LoopbackListener.connect(
                                (InetSocketAddress) listener.getLocalSocketAddress());
                descriptor
                        .core()
                        .sockets()
                        .setsockopt(descriptor.fd(), Linux.SOL_SOCKET, Linux.SO_SNDBUF, 4 * BYTES);
                return new Peer(descriptor, listener.accept());
            }
        }

        Request send(IoBuffer out) {
            Request send =
                    Request.on(
                            descriptor,
                            sqe ->
                                    sqe.send(
                                            descriptor.fd(),
                                            out.readAddress(),
                                            out.readableBytes(),
                                            Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL));
            send.buffer(out);
            return send;
        }

        InputStream input() throws IOException {
            return accepted.getInputStream();
        }

        @Override
        public void close() throws IOException {
            descriptor.close();
            accepted.close();
        }
    }
}
