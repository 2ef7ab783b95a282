package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

final class BufferPoolTest {
    private static final int MIB = 1 << 20;

    @Test
    void sizesAreRoundedUpToPowersOfTwo() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            int[][] sizes = {
                {1, 512}, {512, 512}, {513, 1024}, {4096, 4096}, {4097, 8192}, {1 << 24, 1 << 24}
            };
            for (int[] size : sizes) {
                try (IoBuffer buffer = IoBuffer.lease(size[0])) {
                    assertEquals(size[1], buffer.capacity());
                    assertEquals(1, core.buffers().leasedCount());
                    assertEquals(size[1], core.buffers().leasedBytes());
                }
            }
            assertEquals(0, core.buffers().leasedCount());
            assertEquals(0, core.buffers().leasedBytes());
        });
    }

    @Test
    void sizesThatItNeverHasAreRefused() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            for (int size : new int[] {0, -1, (1 << 24) + 1, Integer.MAX_VALUE}) {
                var refusal =
                        assertThrows(IllegalArgumentException.class, () -> IoBuffer.lease(size));
                assertTrue(refusal.getMessage().endsWith(": " + size), refusal.getMessage());
            }
        });
    }

    @Test
    void lastGivenBackIsLeasedFirstAndEmpty() throws Exception {
        DriverUnderTest.EPOLL.run(
                DriverUnderTest.EPOLL.options().guardedBuffers(0),
                core -> {
                    IoBuffer first = IoBuffer.lease(1024);
                    IoBuffer second = IoBuffer.lease(1024);
                    long address = second.readAddress();
                    assertNotEquals(first.readAddress(), address);
                    first.put((byte) 1).close();
                    second.put((byte) 1).close();
                    try (IoBuffer again = IoBuffer.lease(1024)) {
                        assertEquals(address, again.readAddress());
                        assertEquals(0, again.readableBytes());
                    }
                });
    }

    @Test
    void buffersDoNotOverlap() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            List<IoBuffer> leased = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                IoBuffer buffer = IoBuffer.lease(512 << i % 5);
                leased.add(buffer);
                while (buffer.writableBytes() > 0) {
                    buffer.putInt(i);
                }
            }
            for (int i = 0; i < 300; i++) {
                IoBuffer buffer = leased.get(i);
                while (buffer.readableBytes() > 0) {
                    assertEquals(i, buffer.getInt());
                }
                buffer.close();
            }
        });
    }

    @Test
    void atTheLimitTheLeaserWaitsForABufferToComeBack() throws Exception {
        DriverUnderTest.EPOLL.run(
                limited(),
                core -> {
                    List<IoBuffer> all = leaseAll(core, MIB);
                    assertEquals(2, all.size());
                    assertNull(core.buffers().tryLease(MIB), "the loop is told instead");
                    List<Integer> order = new ArrayList<>();
                    List<Task<Void>> waiting = new ArrayList<>();
                    for (int i = 0; i < 3; i++) {
                        int number = i;
                        waiting.add(
                                core.spawn(
                                        "leaser",
                                        () -> {
                                            try (IoBuffer _ = IoBuffer.lease(MIB)) {
                                                order.add(number);
                                            }
                                            return null;
                                        }));
                    }
                    Turns.pass(core, 5);
                    assertEquals(List.of(), order);
                    assertFalse(waiting.getFirst().isDone());
                    all.removeLast().close();
                    for (Task<Void> each : waiting) {
                        each.join();
                    }
                    assertEquals(List.of(0, 1, 2), order, "first come, first served");
                    all.forEach(IoBuffer::close);
                });
    }

    @Test
    void whoIsInterruptedWhileWaitingIsToldAndTakesNothing() throws Exception {
        DriverUnderTest.EPOLL.run(
                limited(),
                core -> {
                    List<IoBuffer> all = leaseAll(core, MIB);
                    Task<IoBuffer> waiting = core.spawn("leaser", () -> IoBuffer.lease(MIB));
                    Turns.pass(core, 5);
                    waiting.thread().interrupt();
                    ExecutionException failure =
                            assertThrows(ExecutionException.class, waiting::join);
                    assertInstanceOf(InterruptedIOException.class, failure.getCause());
                    assertTrue(
                            failure.getCause().getMessage().contains("CoreOptions.poolBytesMax"),
                            failure.getCause().getMessage());
                    all.forEach(IoBuffer::close);
                    assertEquals(2, leaseAndClose(core, MIB), "none is lost");
                });
    }

    @Test
    void leasingOffACoreIsRefused() {
        var refusal = assertThrows(IllegalStateException.class, IoBuffer::lease);
        assertTrue(refusal.getMessage().contains("is not on a core"), refusal.getMessage());
    }

    private static CoreOptions limited() {
        return DriverUnderTest.EPOLL.options().groupBuffers(0).poolBytesMax(2 * MIB);
    }

    private static List<IoBuffer> leaseAll(Core core, int bytes) {
        List<IoBuffer> all = new ArrayList<>();
        for (IoBuffer each = core.buffers().tryLease(bytes);
                each != null;
                each = core.buffers().tryLease(bytes)) {
            all.add(each);
        }
        return all;
    }

    private static int leaseAndClose(Core core, int bytes) {
        List<IoBuffer> all = leaseAll(core, bytes);
        all.forEach(IoBuffer::close);
        return all.size();
    }
}
