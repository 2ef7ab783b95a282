package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/// Operations that use memory after it was released, which no operation of ours does, and what
/// becomes of the next one who has it.
final class GuardTest {
    private static final int BYTES = 4096;

    @RealDrivers // a kernel says EFAULT; one in memory would crash
    void receiveIntoReleasedMemoryFailsAndTheBytesStayInTheSocket(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open()) {
                long address = released();
                Request wrong = receive(pair.right, address);
                assertTrue(core.submit(wrong));
                try (IoBuffer next = IoBuffer.lease(BYTES).put(new byte[BYTES])) {
                    assertNotEquals(address, next.readAddress(), "it is not leased again so soon");
                    send(core, pair.left, 42);
                    while (wrong.isInFlight()) {
                        Turns.pass(core, 1);
                    }
                    assertEquals(-Errno.EFAULT, wrong.result());
                    assertEquals(0, next.at(0));
                }
                assertEquals(42, receive(core, pair.right), "nothing was lost");
            }
        });
    }

    /// The same without the guard: the operation "succeeds", in the memory of somebody else.
    @RealDrivers // a kernel says EFAULT; one in memory would crash
    void receiveIntoReleasedMemoryBroken(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().guardedBuffers(0),
                core -> {
                    try (Pair pair = Pair.open()) {
                        long address = released();
                        Request wrong = receive(pair.right, address);
                        assertTrue(core.submit(wrong));
                        try (IoBuffer next = IoBuffer.lease(BYTES).put(new byte[BYTES])) {
                            assertEquals(address, next.readAddress());
                            send(core, pair.left, 42);
                            while (wrong.isInFlight()) {
                                Turns.pass(core, 1);
                            }
                            assertEquals(1, wrong.result());
                            assertEquals(42, next.at(0), "corrupted");
                        }
                    }
                });
    }

    @RealDrivers // a kernel says EFAULT; one in memory would crash
    void sendFromReleasedMemoryFails(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open()) {
                long address = released();
                Request wrong =
                        Request.on(
                                pair.left,
                                sqe -> sqe.send(pair.left.fd(), address, 1, Linux.MSG_NOSIGNAL));
                var failure = assertThrows(SyscallException.class, () -> core.await(wrong));
                assertEquals(Errno.EFAULT, failure.errno());
            }
        });
    }

    @RealDrivers // a kernel says EFAULT; one in memory would crash
    void memoryThatTheDriverPickedIsGuardedToo(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(2),
                core -> {
                    try (Pair pair = Pair.open()) {
                        long address = 0;
                        // More often than the group has members and spares.
                        for (int i = 0; i < 9; i++) {
                            send(core, pair.left, i);
                            try (IoBuffer picked = pick(core, pair.right)) {
                                address = picked.readAddress();
                                assertEquals(i, picked.get());
                            }
                        }
                        Request wrong = receive(pair.right, address);
                        send(core, pair.left, 42);
                        var failure = assertThrows(SyscallException.class, () -> core.await(wrong));
                        assertEquals(Errno.EFAULT, failure.errno());
                        try (IoBuffer picked = pick(core, pair.right)) {
                            assertEquals(42, picked.get());
                        }
                    }
                });
    }

    @EveryDriver
    void releasedMemoryComesBackInOrderAndTheLimitCountsTheSame(DriverUnderTest driver)
            throws Exception {
        int guarded = 8;
        driver.run(
                driver.options().groupBuffers(0).poolBytesMax(1 << 20).guardedBuffers(guarded),
                core -> {
                    Set<Long> addresses = new HashSet<>();
                    ArrayDeque<IoBuffer> all = new ArrayDeque<>();
                    for (IoBuffer each = core.buffers().tryLease(BYTES);
                            each != null;
                            each = core.buffers().tryLease(BYTES)) {
                        all.add(each);
                        addresses.add(each.readAddress());
                    }
                    assertEquals((1 << 20) / BYTES, addresses.size());
                    long first = all.getFirst().readAddress();
                    for (int i = 0; i < guarded; i++) {
                        all.remove().close();
                    }
                    try (IoBuffer oldest = IoBuffer.lease(BYTES).put((byte) 1)) {
                        assertEquals(first, oldest.readAddress(), "when nothing else is left");
                    }
                    all.forEach(IoBuffer::close);
                    // Another size needs the memory: slabs go, with what is guarded in them.
                    IoBuffer.lease(1 << 20).put((byte) 1).close();
                });
    }

    @EveryDriver
    void viewsOfReleasedMemoryFailForEverAndSoDoTheirSlices(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            IoBuffer buffer = IoBuffer.lease(BYTES).put(new byte[16]);
            ByteBuffer view = buffer.readableView();
            ByteBuffer slice = view.slice(4, 4);
            ByteBuffer duplicate = view.duplicate();
            assertEquals(0, slice.get(0));
            buffer.close();
            assertEquals(0, view.remaining());
            for (ByteBuffer each : new ByteBuffer[] {view.clear(), slice, duplicate}) {
                assertThrows(IllegalStateException.class, () -> each.get(0));
                assertThrows(IllegalStateException.class, () -> each.put(0, (byte) 1));
            }
        });
    }

    private static long released() throws IOException {
        try (IoBuffer buffer = IoBuffer.lease(BYTES)) {
            return buffer.writeAddress();
        }
    }

    private static Request receive(Descriptor from, long address) {
        return Request.on(from, sqe -> sqe.recv(from.fd(), address, BYTES, 0));
    }

    private static void send(Core core, Descriptor to, int value) throws IOException {
        try (IoBuffer out = IoBuffer.lease(BYTES).put((byte) value)) {
            Request send =
                    Request.on(
                            to, sqe -> sqe.send(to.fd(), out.readAddress(), 1, Linux.MSG_NOSIGNAL));
            send.buffer(out);
            core.await(send);
        }
    }

    private static int receive(Core core, Descriptor from) throws IOException {
        try (IoBuffer in = IoBuffer.lease(BYTES)) {
            Request receive =
                    Request.on(from, sqe -> sqe.recv(from.fd(), in.writeAddress(), BYTES, 0));
            receive.buffer(in);
            in.advance(core.await(receive));
            return in.get();
        }
    }

    private static IoBuffer pick(Core core, Descriptor from) throws IOException {
        Request receive =
                Request.on(from, sqe -> sqe.recvSelect(from.fd(), 0, 0, core.bufferGroup()));
        core.await(receive);
        assertTrue(CqeFlags.hasBuffer(receive.flags));
        return core.picked(core.buffers().unleased(), receive.flags, receive.result());
    }
}
