package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.Sqe;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class IoBufferTest {
    @Test
    void whatWasPutComesOutBigEndian() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            try (IoBuffer buffer = IoBuffer.lease(64)) {
                buffer.put((byte) 1)
                        .putShort((short) 0x0203)
                        .putInt(0x04050607)
                        .putLong(0x08090A0B_0C0D0E0FL);
                assertEquals(15, buffer.readableBytes());
                for (int i = 0; i < 15; i++) {
                    assertEquals(i + 1, buffer.at(i));
                }
                assertEquals(1, buffer.get());
                assertEquals(0x0203, buffer.getShort());
                assertEquals(0x04050607, buffer.getInt());
                assertEquals(0x08090A0B_0C0D0E0FL, buffer.getLong());
                assertEquals(0, buffer.readableBytes());
                assertThrows(IndexOutOfBoundsException.class, () -> buffer.at(0), "consumed");
            }
        });
    }

    @Test
    void marksNeverPassEachOtherOrTheEnd() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            try (IoBuffer buffer = IoBuffer.lease(512)) {
                List<Executable> refused =
                        List.of(
                                buffer::get,
                                () -> buffer.skip(1),
                                () -> buffer.skip(-1),
                                () -> buffer.advance(513),
                                () -> buffer.advance(-1),
                                () -> buffer.put(new byte[513]),
                                () -> buffer.get(new byte[1], 0, 1));
                for (Executable each : refused) {
                    assertThrows(IndexOutOfBoundsException.class, each);
                    assertEquals(0, buffer.readIndex());
                    assertEquals(0, buffer.writeIndex());
                }
                buffer.put(new byte[4]);
                assertThrows(IndexOutOfBoundsException.class, () -> buffer.get(new byte[2], 1, 4));
                assertEquals(4, buffer.readableBytes(), "nothing was consumed");
                assertThrows(IndexOutOfBoundsException.class, () -> buffer.put(new byte[2], 1, 4));
                assertEquals(4, buffer.readableBytes(), "nothing was appended");
            }
        });
    }

    @Test
    void compactMakesRoomBehind() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            try (IoBuffer buffer = IoBuffer.lease(512)) {
                byte[] bytes = new byte[512];
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) i;
                }
                buffer.put(bytes).skip(100).compact();
                assertEquals(0, buffer.readIndex());
                assertEquals(100, buffer.writableBytes());
                assertArrayEquals(java.util.Arrays.copyOfRange(bytes, 100, 512), buffer.getAll());
            }
        });
    }

    @Test
    void viewsShowTheSameBytes() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            try (IoBuffer buffer = IoBuffer.lease(512)) {
                buffer.writableView().put((byte) 7).put((byte) 8);
                assertEquals(0, buffer.readableBytes(), "what was put counts after advance");
                buffer.advance(2);
                assertEquals(2, buffer.readableView().remaining());
                assertEquals(7, buffer.readableView().get());
                assertEquals(2, buffer.readableBytes(), "a view consumes nothing");
            }
        });
    }

    @Test
    void byteOrderOfAViewIsNotTheNextLeasersBusiness() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            IoBuffer first = IoBuffer.lease(512);
            first.writableView().order(ByteOrder.LITTLE_ENDIAN);
            first.close();
            try (IoBuffer second = IoBuffer.lease(512)) {
                assertEquals(ByteOrder.BIG_ENDIAN, second.writableView().order());
                assertEquals(ByteOrder.BIG_ENDIAN, second.readableView().order());
            }
        });
    }

    @Test
    void eachAccessIsRefusedWhileTheDriverOwnsIt() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            try (IoBuffer buffer = IoBuffer.lease(512)) {
                Request request = Request.of(Sqe::nop);
                request.buffer(buffer.put((byte) 1));
                assertTrue(core.submit(request));
                assertTrue(buffer.isInFlight());
                accesses(buffer)
                        .forEach((name, access) -> {
                            var refusal = assertThrows(IllegalStateException.class, access, name);
                            assertTrue(refusal.getMessage().contains("belongs to request"), name);
                        });
                assertThrows(IllegalStateException.class, buffer::close);
                while (request.isInFlight()) {
                    Core.sleep(java.time.Duration.ofNanos(1));
                }
                assertFalse(buffer.isInFlight());
                assertEquals(1, buffer.get());
            }
        });
    }

    @Test
    void eachAccessIsRefusedAfterClose() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            IoBuffer buffer = IoBuffer.lease(512);
            buffer.put((byte) 1).close();
            buffer.close();
            accesses(buffer)
                    .forEach((name, access) -> {
                        var refusal = assertThrows(IllegalStateException.class, access, name);
                        assertTrue(refusal.getMessage().contains("was closed"), name);
                    });
        });
    }

    @Test
    void memoryThatIsHandedOnTakesContentAndMarksAlongAndLeavesTheOldHandleClosed()
            throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            IoBuffer from = IoBuffer.lease(512).put(new byte[] {1, 2, 3}).skip(1);
            IoBuffer to = IoBuffer.unleased();
            long address = from.readAddress();
            from.moveTo(to);
            assertEquals(address, to.readAddress(), "not copied");
            assertEquals(1, to.readIndex());
            assertEquals(3, to.writeIndex());
            accesses(from)
                    .forEach((name, access) -> {
                        assertThrows(IllegalStateException.class, access, name);
                    });
            from.close();
            assertEquals(1, core.buffers().leasedCount());
            try (IoBuffer other = IoBuffer.lease(512)) {
                assertThrows(IllegalStateException.class, () -> other.moveTo(to));
                assertThrows(IllegalStateException.class, () -> from.moveTo(other));
                assertEquals(0, other.readableBytes());
            }
            assertEquals(2, to.get());
            to.close();
            assertEquals(0, core.buffers().leasedCount());
        });
    }

    @Test
    void closedBufferRefusesForEverAlsoAfterItsMemoryWasLeasedAgain() throws Exception {
        DriverUnderTest.EPOLL.run(
                DriverUnderTest.EPOLL.options().guardedBuffers(0).leakDetection(LeakDetection.OFF),
                core -> {
                    IoBuffer stale = IoBuffer.lease(512);
                    long address = stale.writeAddress();
                    stale.close();
                    for (int i = 0; i < 10_000; i++) {
                        try (IoBuffer next = IoBuffer.lease(512)) {
                            assertEquals(address, next.writeAddress(), "the same memory");
                            next.put((byte) 1);
                            assertThrows(IllegalStateException.class, stale::get);
                            stale.close();
                            assertEquals(1, next.get(), "closing the stale one changed nothing");
                        }
                    }
                    try (IoBuffer next = IoBuffer.lease(512)) {
                        accesses(stale)
                                .forEach((name, access) -> {
                                    var refusal =
                                            assertThrows(IllegalStateException.class, access, name);
                                    assertTrue(refusal.getMessage().contains("was closed"), name);
                                });
                        assertEquals(0, next.readableBytes());
                    }
                });
    }

    /// What a handle that is leased into again cannot tell, and why each lease has its own: a
    /// second reference to it works on what the next one leased.
    @Test
    void closedBufferRefusesForEverBroken() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            IoBuffer kept = core.buffers().unleased();
            IoBuffer stale = core.buffers().lease(kept, 512);
            stale.close();
            try (IoBuffer next = core.buffers().lease(kept, 512)) {
                stale.put((byte) 1);
                assertEquals(1, next.get(), "corrupted");
            }
        });
    }

    @Test
    void viewIsEmptyOnceTheDriverOrThePoolHasTheMemory() throws Exception {
        DriverUnderTest.EPOLL.run(
                DriverUnderTest.EPOLL.options().guardedBuffers(0),
                core -> {
                    IoBuffer buffer = IoBuffer.lease(512).put(new byte[8]);
                    ByteBuffer view = buffer.readableView();
                    Request request = Request.of(Sqe::nop);
                    request.buffer(buffer);
                    assertTrue(core.submit(request));
                    assertThrows(IndexOutOfBoundsException.class, () -> view.get(0));
                    while (request.isInFlight()) {
                        Turns.pass(core, 1);
                    }
                    assertEquals(8, buffer.readableView().remaining());
                    buffer.close();
                    assertThrows(IndexOutOfBoundsException.class, () -> view.get(0));
                    assertThrows(IndexOutOfBoundsException.class, () -> view.put(0, (byte) 1));
                    try (IoBuffer next = IoBuffer.lease(512)) {
                        assertNotSame(view, next.writableView());
                        assertEquals(0, view.remaining(), "its view is another");
                    }
                });
    }

    @EveryDriver
    void operationSeesItsBufferWhileItWritesItsEntryAndOnlyThen(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            try (IoBuffer buffer = IoBuffer.lease(512)) {
                long[] seen = new long[1];
                Request request =
                        Request.of(sqe -> {
                            seen[0] = buffer.writeAddress() + buffer.writableBytes();
                            assertThrows(IllegalStateException.class, buffer::clear);
                            sqe.nop();
                        });
                request.buffer(buffer);
                assertTrue(core.submit(request));
                while (seen[0] == 0) {
                    Turns.pass(core, 1);
                }
                if (request.isInFlight()) {
                    assertThrows(IllegalStateException.class, buffer::writeAddress);
                    assertTrue(buffer.toString().contains("belongs to"), buffer.toString());
                }
                while (request.isInFlight()) {
                    Turns.pass(core, 1);
                }
                assertEquals(buffer.writeAddress() + 512, seen[0]);
            }
        });
    }

    @Test
    void closingOffItsCoreIsRefusedAndChangesNothing() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            try (IoBuffer buffer = IoBuffer.lease(512)) {
                Throwable refusal =
                        Blocking.call(() -> assertThrows(RuntimeException.class, buffer::close));
                assertTrue(refusal.getMessage().contains("belongs to core 0"));
                assertEquals(1, core.buffers().leasedCount());
            }
        });
    }

    @Test
    void bytesOfByteBuffersGoInAndOutAsFarAsThereIsRoom() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            for (ByteBuffer source :
                    new ByteBuffer[] {ByteBuffer.allocate(600), ByteBuffer.allocateDirect(600)}) {
                try (IoBuffer buffer = IoBuffer.lease(512)) {
                    source.put(3, (byte) 3).position(1);
                    assertEquals(512, buffer.put(source));
                    assertEquals(513, source.position());
                    assertEquals(0, buffer.put(source), "full");
                    ByteBuffer target = ByteBuffer.allocate(10);
                    assertEquals(10, buffer.get(target));
                    assertEquals(3, target.get(2));
                    assertEquals(502, buffer.readableBytes());
                }
            }
        });
    }

    @EveryDriver
    void operationWithABufferThatIsNotItsOwnLeavesNothingBehind(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            IoBuffer buffer = IoBuffer.lease(512);
            Request first = Request.of(Sqe::nop);
            Request second = Request.of(Sqe::nop);
            first.buffer(buffer);
            second.buffer(buffer);
            assertTrue(core.submit(first));
            assertThrows(IllegalStateException.class, () -> core.submit(second));
            assertFalse(second.isInFlight());
            assertEquals(1, core.stats().operationsInFlight());
            while (first.isInFlight()) {
                Core.sleep(java.time.Duration.ofNanos(1));
            }
            buffer.close();
            assertThrows(IllegalStateException.class, () -> core.await(second));
            assertEquals(0, core.stats().operationsInFlight());
        });
    }

    private static Map<String, Executable> accesses(IoBuffer buffer) {
        byte[] bytes = new byte[1];
        return Map.ofEntries(
                Map.entry("capacity", buffer::capacity),
                Map.entry("readIndex", buffer::readIndex),
                Map.entry("writeIndex", buffer::writeIndex),
                Map.entry("readableBytes", buffer::readableBytes),
                Map.entry("writableBytes", buffer::writableBytes),
                Map.entry("readAddress", buffer::readAddress),
                Map.entry("writeAddress", buffer::writeAddress),
                Map.entry("get ByteBuffer", () -> buffer.get(ByteBuffer.allocate(1))),
                Map.entry("put ByteBuffer", () -> buffer.put(ByteBuffer.allocate(1))),
                Map.entry("clear", buffer::clear),
                Map.entry("compact", buffer::compact),
                Map.entry("skip", () -> buffer.skip(1)),
                Map.entry("advance", () -> buffer.advance(1)),
                Map.entry("get", buffer::get),
                Map.entry("at", () -> buffer.at(0)),
                Map.entry("getShort", buffer::getShort),
                Map.entry("getInt", buffer::getInt),
                Map.entry("getLong", buffer::getLong),
                Map.entry("get array", () -> buffer.get(bytes, 0, 1)),
                Map.entry("getAll", buffer::getAll),
                Map.entry("put", () -> buffer.put((byte) 1)),
                Map.entry("putShort", () -> buffer.putShort((short) 1)),
                Map.entry("putInt", () -> buffer.putInt(1)),
                Map.entry("putLong", () -> buffer.putLong(1)),
                Map.entry("put array", () -> buffer.put(bytes)),
                Map.entry("readableView", buffer::readableView),
                Map.entry("writableView", buffer::writableView));
    }
}
