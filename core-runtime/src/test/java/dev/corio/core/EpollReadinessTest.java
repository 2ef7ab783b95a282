package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/// Readiness in the cases where an edge, or its absence, could mislead.
final class EpollReadinessTest {
    /// A poll for both directions waits among the writers and is not looked at while the socket is
    /// full.
    @EveryDriver
    void pollForBothDirectionsSeesInputWhileTheOutputIsFull(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            Pair pair = Pair.open();
            try (IoBuffer large = IoBuffer.lease(4 << 20).advance(4 << 20);
                    IoBuffer one = IoBuffer.lease().put((byte) 1)) {
                Request send =
                        Request.on(
                                pair.left,
                                sqe ->
                                        sqe.send(
                                                pair.left.fd(),
                                                large.readAddress(),
                                                4 << 20,
                                                Linux.MSG_WAITALL | Linux.MSG_NOSIGNAL));
                send.buffer(large);
                core.submit(send);
                Core.sleep(Duration.ofMillis(20));
                assertTrue(send.isInFlight());
                Request poll =
                        Request.on(
                                pair.left,
                                sqe -> sqe.pollAdd(pair.left.fd(), Linux.POLLIN | Linux.POLLOUT));
                core.submit(poll);
                Core.sleep(Duration.ofMillis(5));
                Pair.send(pair.right, one);
                Core.sleep(Duration.ofMillis(20));
                boolean missed = poll.isInFlight();
                pair.close();
                assertFalse(missed, "the poll missed the input");
            }
        });
    }

    /// A receive stops at urgent data although more is there: a short read says nothing then.
    @RealDrivers
    void bytesBehindUrgentDataAreReceived(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (LoopbackListener listener = LoopbackListener.open();
                    IoBuffer in = IoBuffer.lease()) {
                Socket client = Blocking.call(() -> connect(listener.address()));
                int fd =
                        core.await(
                                Request.on(
                                        listener.descriptor,
                                        sqe -> sqe.accept(listener.descriptor.fd(), 0, 0, 0)));
                Descriptor server = Descriptor.ofSocket(fd);
                try {
                    OutputStream out = client.getOutputStream();
                    // The first receive waits, so that the descriptor is registered.
                    Request receive =
                            Request.on(
                                    server,
                                    sqe -> sqe.recv(fd, in.writeAddress(), in.writableBytes(), 0));
                    receive.buffer(in);
                    core.submit(receive);
                    Turns.pass(core, 2);
                    Blocking.call(() -> {
                        out.write('1');
                        return null;
                    });
                    while (receive.isInFlight()) {
                        Turns.pass(core, 1);
                    }
                    Blocking.call(() -> {
                        out.write("abc".getBytes());
                        client.sendUrgentData('d');
                        out.write("ef".getBytes());
                        return null;
                    });
                    Core.sleep(Duration.ofMillis(20));
                    // The edges of all that are taken before the first byte is.
                    int total = 0;
                    while (total < 5) {
                        total += core.await(receive, Duration.ofSeconds(1));
                    }
                    assertEquals(5, total);
                } finally {
                    server.close();
                    client.close();
                }
            }
        });
    }

    /// The kernel's own answer for a file that cannot be polled is "ready".
    @RealDrivers
    void fileThatIsAlwaysReadyIsReady(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (RandomAccessFile file = new RandomAccessFile("/dev/null", "rw")) {
                int fd = Linux.fcntl(number(), Linux.F_DUPFD_CLOEXEC, 0);
                assertTrue(fd > 0 && file.getFD().valid());
                Descriptor descriptor = Descriptor.ofPollable(fd);
                Request poll = Request.on(descriptor, sqe -> sqe.pollAdd(fd, Linux.POLLIN));
                assertEquals(Linux.POLLIN, core.await(poll) & Linux.POLLIN);
                descriptor.close();
            }
        });
    }

    private static Socket connect(InetSocketAddress address) throws IOException {
        return new Socket(address.getAddress(), address.getPort());
    }

    private static int number() throws Exception {
        for (String each : new java.io.File("/proc/self/fd").list()) {
            var path = java.nio.file.Path.of("/proc/self/fd", each);
            if (java.nio.file.Files.exists(path)
                    && java.nio.file.Files.readSymbolicLink(path).toString().equals("/dev/null")) {
                return Integer.parseInt(each);
            }
        }
        throw new AssertionError("not open");
    }
}
