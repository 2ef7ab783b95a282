package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Errno;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The completions of sends without a copy, in each order and number in which kernels have posted
/// them.
final class ZeroCopySendsTest {
    private static final int BYTES_MIN = 1000;
    private static final int MORE = CqeFlags.IORING_CQE_F_MORE;
    private static final int NOTIFICATION = CqeFlags.IORING_CQE_F_NOTIF;

    private final Arena arena = Arena.ofConfined();
    private final ZeroCopySends sends = new ZeroCopySends(BYTES_MIN, arena);
    private final Sqe sqe = Sqe.over(arena.allocate(Sqe.BYTES, Long.BYTES).address());
    private final Request send = Request.of(Sqe::nop);

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void itIsOverWithTheNotificationAndTheResultIsThatOfTheFirst() {
        begin();
        assertFalse(sends.complete(send, 2000, MORE));
        assertTrue(sends.complete(send, 0, NOTIFICATION));
        assertEquals(2000, send.sent);
        assertEquals(ZeroCopySends.NONE, send.zeroCopy);
    }

    @Test
    void aResultThatAnnouncesNoMoreIsTheLast() {
        begin();
        assertTrue(sends.complete(send, -Errno.EINVAL, 0));
        assertEquals(-Errno.EINVAL, send.sent);
    }

    @Test
    void aFailureWithANotificationWaitsForIt() {
        begin();
        assertFalse(sends.complete(send, -Errno.EPIPE, MORE));
        assertTrue(sends.complete(send, 0, NOTIFICATION));
        assertEquals(-Errno.EPIPE, send.sent);
    }

    @Test
    void aNotificationThatOvertakesTheResultIsNotTheEnd() {
        begin();
        assertFalse(sends.complete(send, 0, NOTIFICATION));
        assertTrue(sends.complete(send, 2000, MORE));
        assertEquals(2000, send.sent);
    }

    @Test
    void whatIsRefusedIsCopiedFromThenOn() {
        for (int errno : new int[] {Errno.EOPNOTSUPP, Errno.ENOMEM, Errno.ENOBUFS}) {
            send.mustCopy = false;
            begin();
            assertTrue(sends.complete(send, -errno, 0));
            assertTrue(ZeroCopySends.goesAgain(send), Errno.name(errno));
            assertFalse(written(BYTES_MIN, 0));
            assertEquals(IoUring.IORING_OP_SEND, sqe.opcode());
        }
    }

    @Test
    void otherResultsAreNoRefusals() {
        for (int result : new int[] {1, 0, -Errno.EPIPE, -Errno.ECANCELED, -Errno.EAGAIN}) {
            begin();
            assertTrue(sends.complete(send, result, 0));
            assertFalse(ZeroCopySends.goesAgain(send));
        }
    }

    @Test
    void shortOnesAndThoseWithFlagsAreCopied() {
        assertTrue(written(BYTES_MIN, 0));
        assertEquals(IoUring.IORING_OP_SEND_ZC, sqe.opcode());
        assertFalse(written(BYTES_MIN - 1, 0));
        assertFalse(written(BYTES_MIN, IoUring.IOSQE_CQE_SKIP_SUCCESS));
        sqe.clear();
        sqe.recv(3, 0x1000, BYTES_MIN, 0);
        assertFalse(sends.write(send, sqe));
    }

    private void begin() {
        assertTrue(written(BYTES_MIN, 0));
        assertEquals(ZeroCopySends.SENDING, send.zeroCopy);
    }

    private boolean written(int length, int flags) {
        sqe.clear();
        return sends.write(send, sqe.send(3, 0x1000, length, 0).sqeFlags(flags));
    }
}
