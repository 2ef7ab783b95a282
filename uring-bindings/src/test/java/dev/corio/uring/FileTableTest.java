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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FileTableTest {
    private static final int ENTRIES = 256;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment bytes = arena.allocateFrom("hello");

    private Ring ring;
    private FileTable files;

    @BeforeEach
    void open() throws SyscallException {
        ring = TestRings.openWith(RingFeature.FIXED_FILES);
        files = FileTable.register(ring, ENTRIES);
    }

    @AfterEach
    void close() {
        if (files != null) {
            files.close();
        }
        if (ring != null) {
            ring.close();
        }
        arena.close();
    }

    @Test
    void aMemberIsReachedByItsNumberInTheRing() throws Exception {
        try (TcpPair pair = TcpPair.open()) {
            assertTrue(files.add(pair.server()));
            Sqe sqe = next(ring).send(pair.server(), bytes.address(), 5, 0);
            files.mark(sqe);
            assertEquals(IoUring.IOSQE_FIXED_FILE, sqe.flags());
            assertEquals(5, new Completions(ring).awaitOne().result());
            assertEquals(5, Linux.recv(pair.client(), bytes.address(), 5, 0));
        }
    }

    @Test
    void whatIsNoMemberKeepsItsDescriptor() throws Exception {
        try (TcpPair pair = TcpPair.open()) {
            Sqe sqe = next(ring).send(pair.server(), bytes.address(), 5, 0);
            files.mark(sqe);
            assertEquals(0, sqe.flags());
            assertEquals(5, new Completions(ring).awaitOne().result());
            Sqe nop = next(ring).timeout(0, 0, 0);
            files.mark(nop);
            assertEquals(0, nop.flags(), "it has no descriptor");
        }
    }

    @Test
    void aRemovedMemberIsUnknownThere() throws Exception {
        try (TcpPair pair = TcpPair.open()) {
            assertTrue(files.add(pair.server()));
            files.remove(pair.server());
            files.remove(pair.server());
            next(ring)
                    .send(pair.server(), bytes.address(), 5, 0)
                    .sqeFlags(IoUring.IOSQE_FIXED_FILE);
            assertEquals(-Errno.EBADF, new Completions(ring).awaitOne().result());
            assertTrue(files.add(pair.server()), "it can come back");
        }
    }

    @Test
    void aClosedFileEndsThoughOlderRequestsAreInFlight() throws Exception {
        try (TcpPair pair = TcpPair.open()) {
            int client = pair.connect();
            int server = Linux.accept4(pair.listener(), 0, 0, Linux.SOCK_CLOEXEC);
            assertTrue(files.add(pair.server()));
            assertTrue(files.add(server));
            Sqe receive = next(ring).recv(pair.server(), bytes.address(), 5, 0);
            files.mark(receive);
            assertEquals(1, ring.submit());
            files.remove(server);
            assertEquals(0, Linux.close(server));
            next(ring).recv(client, bytes.address(), 5, 0).userData(2);
            assertEquals(0, new Completions(ring).awaitOne().result(), "the end of the input");
            assertEquals(0, Linux.close(client));
        }
    }

    @Test
    void aDescriptorBeyondTheTableIsNotTaken() {
        assertFalse(files.add(ENTRIES));
        assertFalse(files.add(ENTRIES - 1), "no such file");
    }

    @Test
    void aRingHasOneTable() throws Exception {
        SyscallException e =
                assertThrows(SyscallException.class, () -> FileTable.register(ring, ENTRIES));
        assertEquals(Errno.EBUSY, e.errno());
        files.close();
        files.close();
        files = FileTable.register(ring, 1 << 15);
        assertFalse(files.add(1 << 20), "no more than the process may open");
    }
}
