package dev.corio.uring;

import static dev.corio.uring.TestRings.next;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.linux.TcpPair;
import dev.corio.uring.Completions.Completion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BufferRingTest {
    private static final int BYTES = 8;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffers = arena.allocate(16 * BYTES);

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void theKernelChoosesABufferAndNamesIt() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.PBUF_RING);
                BufferRing group = BufferRing.register(ring, 3, 4);
                TcpPair pair = TcpPair.open()) {
            group.add(buffer(5), BYTES, 5);
            group.publish();
            next(ring).recvSelect(pair.server(), 0, 0, 3).userData(1);
            ring.submit();
            send(pair, "abc");
            Completion completion = new Completions(ring).awaitOne();
            assertEquals(3, completion.result());
            assertTrue(CqeFlags.hasBuffer(completion.flags()));
            assertEquals(5, CqeFlags.bufferId(completion.flags()));
            assertEquals("abc", text(5, 3));
        }
    }

    @Test
    void anEmptyGroupAnswersEnobufs() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.PBUF_RING);
                BufferRing group = BufferRing.register(ring, 0, 4);
                TcpPair pair = TcpPair.open()) {
            assertEquals(4, group.entries());
            send(pair, "abc");
            next(ring).recvSelect(pair.server(), 0, 0, group.group()).userData(1);
            Completion completion = new Completions(ring).awaitOne();
            assertEquals(-Errno.ENOBUFS, completion.result());
            assertFalse(CqeFlags.hasBuffer(completion.flags()));
        }
    }

    @Test
    void buffersGoRoundAndRound() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.PBUF_RING);
                BufferRing group = BufferRing.register(ring, 0, 2);
                TcpPair pair = TcpPair.open()) {
            group.add(buffer(0), BYTES, 40_000);
            group.add(buffer(1), BYTES, 40_001);
            group.publish();
            Completions completions = new Completions(ring);
            for (int i = 0; i < 70_000; i++) {
                Linux.send(pair.client(), buffer(15), 1, 0);
                next(ring).recvSelect(pair.server(), BYTES, 0, 0);
                int flags = completions.awaitOne().flags();
                int id = CqeFlags.bufferId(flags);
                assertEquals(40_000 + i % 2, id, "in the order of adding");
                group.add(buffer(id - 40_000), BYTES, id);
                group.publish();
                completions.seen().clear();
            }
        }
    }

    @Test
    void aMultishotReceiveEndsWhenTheBuffersDo() throws Exception {
        TestRings.featuresWith(RingFeature.MULTISHOT_RECV);
        try (Ring ring = TestRings.openWith(RingFeature.PBUF_RING);
                BufferRing group = BufferRing.register(ring, 0, 2);
                TcpPair pair = TcpPair.open()) {
            group.add(buffer(0), BYTES, 0);
            group.add(buffer(1), BYTES, 1);
            group.publish();
            next(ring).recvMultishot(pair.server(), 0, 0).userData(1);
            ring.submit();
            send(pair, "01234567890123456789");
            List<Completion> completions = new Completions(ring).await(3);
            assertEquals(List.of(8, 8, -Errno.ENOBUFS), results(completions));
            assertTrue(CqeFlags.hasMore(completions.get(0).flags()));
            assertTrue(CqeFlags.hasMore(completions.get(1).flags()));
            assertFalse(CqeFlags.hasMore(completions.get(2).flags()));
            assertEquals("0123456789012345", text(0, 16));
        }
    }

    @Test
    void anIncrementalGroupUsesABufferUpBitByBit() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.PBUF_INC);
                BufferRing group = BufferRing.registerIncremental(ring, 0, 2)) {
            group.add(buffer(0), BYTES, 0);
            group.add(buffer(1), BYTES, 1);
            group.publish();
            Completions completions = new Completions(ring);
            List<String> pieces = new ArrayList<>();
            // Each connection ends, which uses up nothing.
            for (String text : List.of("abc", "defg", "hij", "klmno")) {
                try (TcpPair pair = TcpPair.open()) {
                    send(pair, text);
                    Linux.shutdown(pair.client(), Linux.SHUT_WR);
                    int result = 1;
                    while (result > 0) {
                        next(ring).recvSelect(pair.server(), 0, 0, 0);
                        completions.seen().clear();
                        Completion each = completions.awaitOne();
                        result = each.result();
                        if (result > 0) {
                            pieces.add(
                                    CqeFlags.bufferId(each.flags())
                                            + (CqeFlags.keepsBuffer(each.flags()) ? "+" : "-")
                                            + result);
                        }
                    }
                    assertEquals(0, result);
                }
            }
            assertEquals(List.of("0+3", "0+4", "0-1", "1+2", "1+5"), pieces);
            assertEquals("abcdefghijklmno", text(0, 15));
        }
    }

    @Test
    void aClosedGroupCanBeRegisteredAgain() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.PBUF_RING)) {
            BufferRing first = BufferRing.register(ring, 1, 8);
            SyscallException e =
                    assertThrows(SyscallException.class, () -> BufferRing.register(ring, 1, 8));
            assertEquals(Errno.EEXIST, e.errno());
            first.close();
            first.close();
            BufferRing.register(ring, 1, 8).close();
        }
    }

    @Test
    void aKernelWithoutThemIsTold() throws Exception {
        RingFeatures features = TestRings.features().masked("-PBUF_RING");
        try (Ring ring = Ring.open(new RingOptions(8, 16, features))) {
            SyscallException e =
                    assertThrows(SyscallException.class, () -> BufferRing.register(ring, 0, 8));
            assertEquals(Errno.EINVAL, e.errno());
            assertTrue(e.getMessage().contains("5.19"), e.getMessage());
            SyscallException incremental =
                    assertThrows(
                            SyscallException.class,
                            () -> BufferRing.registerIncremental(ring, 0, 8));
            assertTrue(incremental.getMessage().contains("6.12"), incremental.getMessage());
        }
    }

    @Test
    void impossibleSizesAreRefused() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.PBUF_RING)) {
            for (int entries : new int[] {0, 3, -8, 65536}) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> BufferRing.register(ring, 0, entries));
            }
        }
    }

    @Test
    void buffersCanBeProvidedTheOldWay() throws Exception {
        try (Ring ring = TestRings.open(8, 16);
                TcpPair pair = TcpPair.open()) {
            Completions completions = new Completions(ring);
            next(ring).provideBuffers(buffer(0), BYTES, 4, 2, 10).userData(1);
            assertEquals(0, completions.awaitOne().result());
            next(ring).recvSelect(pair.server(), BYTES, 0, 2).userData(2);
            ring.submit();
            send(pair, "abc");
            Completion completion = completions.awaitOne();
            assertEquals(3, completion.result());
            int index = CqeFlags.bufferId(completion.flags()) - 10;
            assertEquals("abc", text(index, 3));
            next(ring).removeBuffers(4, 2).userData(3);
            assertEquals(3, completions.awaitOne().result());
        }
    }

    private long buffer(int index) {
        return buffers.address() + (long) index * BYTES;
    }

    private String text(int index, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(
                buffers,
                java.lang.foreign.ValueLayout.JAVA_BYTE,
                (long) index * BYTES,
                bytes,
                0,
                length);
        return new String(bytes);
    }

    private void send(TcpPair pair, String text) {
        MemorySegment bytes = arena.allocateFrom(text);
        int length = (int) bytes.byteSize() - 1;
        assertEquals(length, Linux.send(pair.client(), bytes.address(), length, 0));
    }

    private static List<Integer> results(List<Completion> completions) {
        return completions.stream().map(Completion::result).toList();
    }
}
