package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryReceive;
import dev.corio.core.IoBuffer;
import dev.corio.core.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritePendingException;
import java.time.Duration;
import java.util.concurrent.CancellationException;

/// A buffer that is handed over to be sent: it is gone at once, its bytes arrive in order, and none
/// is lost or kept when somebody waits, closes, or is interrupted.
final class SendTest {
    private static final int MESSAGE_BYTES = 1 << 20;

    @EveryReceive
    void bufferIsFreeAtOnceAndTheBytesArriveInOrder(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer message = core.buffers().unleased();
                    IoBuffer in = IoBuffer.lease()) {
                for (int i = 0; i < 100; i++) {
                    core.buffers().lease(message, Integer.BYTES).putInt(i);
                    peers.client.send(message);
                    assertTrue(message.isClosed());
                }
                peers.client.writeFully(ByteBuffer.allocate(Integer.BYTES).putInt(100).flip());
                for (int i = 0; i <= 100; i++) {
                    while (in.readableBytes() < Integer.BYTES) {
                        peers.server.read(in);
                    }
                    assertEquals(i, in.getInt());
                }
                assertEquals(1, core.buffers().leasedCount());
            }
        });
    }

    @EveryReceive
    void consumedBytesStayBehindAndAnEmptyMessageIsNone(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open();
                    IoBuffer in = IoBuffer.lease()) {
                IoBuffer message = IoBuffer.lease().put(new byte[] {1, 2, 3}).skip(2);
                peers.client.send(message);
                IoBuffer empty = IoBuffer.lease();
                peers.client.send(empty);
                assertTrue(empty.isClosed());
                peers.client.shutdownOutput();
                while (peers.server.read(in) != -1) {}
                assertEquals(1, in.readableBytes());
                assertEquals(3, in.get());
                assertThrows(IllegalStateException.class, () -> message.put((byte) 4));
            }
        });
    }

    @EveryReceive
    void slowReaderMakesTheNextSendWait(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                Task<Void> writer =
                        core.spawn(
                                "writer",
                                () -> {
                                    for (int i = 0; i < 8; i++) {
                                        peers.client.send(filled(i));
                                    }
                                    peers.client.flush();
                                });
                Core.sleep(Duration.ofMillis(50));
                assertFalse(writer.isDone(), "8 MiB are more than the sockets take");
                assertTrue(core.buffers().leasedCount() <= 2, "one under way, one waits");
                for (int i = 0; i < 8; i++) {
                    expect(peers.server, i);
                }
                writer.join();
                assertEquals(0, core.buffers().leasedCount());
            }
        });
    }

    @EveryReceive
    void interruptedWaiterLeavesTheOtherMessagesWhole(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                fill(peers.client);
                IoBuffer message = filled(6);
                Task<Void> writer = core.spawn("writer", () -> peers.client.send(message));
                Core.sleep(Duration.ofMillis(10));
                assertThrows(WritePendingException.class, peers.client::flush);
                writer.cancel();
                assertThrows(CancellationException.class, writer::join);
                assertTrue(message.isClosed());
                Task<Void> next = core.spawn("next", () -> peers.client.send(filled(7)));
                drain(peers.server, FILL_MESSAGES);
                next.join();
                expect(peers.server, 7);
            }
            assertEquals(0, core.buffers().leasedCount());
        });
    }

    @EveryReceive
    void failureIsToldOnceByTheNextWrite(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Peers peers = Peers.open()) {
                fill(peers.client);
                peers.server.linger(Duration.ZERO);
                peers.server.close();
                IoBuffer message = filled(1);
                IOException failure =
                        assertThrows(IOException.class, () -> peers.client.send(message));
                assertTrue(failure.getMessage().startsWith("send(fd="), failure.getMessage());
                assertTrue(message.isClosed());
                peers.client.flush();
            }
            assertEquals(0, core.buffers().leasedCount());
        });
    }

    @EveryReceive
    void closingWaitsForWhatWasHandedOver(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Peers peers = Peers.open();
            Task<Void> closer =
                    core.spawn(
                            "closer",
                            () -> {
                                for (int i = 1; i < 8; i++) {
                                    peers.client.send(filled(i));
                                }
                                peers.client.close();
                            });
            for (int i = 1; i < 8; i++) {
                expect(peers.server, i);
            }
            closer.join();
            try (IoBuffer in = IoBuffer.lease()) {
                assertEquals(-1, peers.server.read(in));
            }
            peers.close();
            assertEquals(0, core.buffers().leasedCount());
        });
    }

    @EveryReceive
    void closingWithResetOrByAnInterruptedTaskWaitsForNothing(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            for (boolean reset : new boolean[] {true, false}) {
                Peers peers = Peers.open();
                fill(peers.client);
                if (reset) {
                    peers.client.linger(Duration.ZERO);
                } else {
                    Thread.currentThread().interrupt();
                }
                peers.client.close();
                assertEquals(!reset, Thread.interrupted());
                peers.close();
                assertEquals(0, core.buffers().leasedCount());
            }
        });
    }

    @EveryReceive
    void taskThatIsCancelledWhileItClosesCutsTheRestOff(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Peers peers = Peers.open();
            fill(peers.client);
            Task<Void> closer = core.spawn("closer", peers.client::close);
            Core.sleep(Duration.ofMillis(10));
            assertFalse(closer.isDone(), "nobody reads");
            closer.cancel();
            closer.join();
            peers.close();
            assertEquals(0, core.buffers().leasedCount());
        });
    }

    @EveryReceive
    void closingCutsTheRestOffAfterATimeWhenNobodyReads(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Peers peers = Peers.open();
            fill(peers.client);
            peers.client.linger(Duration.ofSeconds(1));
            long beginNanos = core.nanoTime();
            peers.client.close();
            assertTrue(core.nanoTime() - beginNanos >= Duration.ofSeconds(1).toNanos());
            peers.close();
            assertEquals(0, core.buffers().leasedCount());
        });
    }

    private static final int FILL_MESSAGES = 8;

    /// Hands over more than the kernel takes, so that the last message is under way.
    private static void fill(TcpStream stream) throws IOException {
        stream.sendBufferBytes(1 << 16);
        IoBuffer all = IoBuffer.lease(FILL_MESSAGES * MESSAGE_BYTES);
        all.advance(FILL_MESSAGES * MESSAGE_BYTES);
        stream.send(all);
    }

    private static void drain(TcpStream stream, int messages) throws IOException {
        ByteBuffer all = ByteBuffer.allocateDirect(messages * MESSAGE_BYTES);
        while (all.hasRemaining()) {
            assertTrue(stream.read(all) > 0);
        }
    }

    private static IoBuffer filled(int value) throws IOException {
        IoBuffer message = IoBuffer.lease(MESSAGE_BYTES);
        while (message.writableBytes() > 0) {
            message.putLong(value);
        }
        return message;
    }

    private static void expect(TcpStream stream, int value) throws IOException {
        ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        while (message.hasRemaining()) {
            assertTrue(stream.read(message) > 0);
        }
        message.flip();
        while (message.hasRemaining()) {
            assertEquals(value, message.getLong());
        }
    }
}
