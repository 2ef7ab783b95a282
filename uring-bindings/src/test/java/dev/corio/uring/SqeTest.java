package dev.corio.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SqeTest {
    private final Arena arena = Arena.ofConfined();
    private Sqe sqe;

    @BeforeEach
    void allocate() {
        sqe = Sqe.over(arena.allocate(4L * Sqe.BYTES, 8).address());
    }

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void whatIsWrittenIsRead() {
        sqe.recv(7, 0x7f00_1234_5678L, 16384, Linux.MSG_PEEK).userData(-2);
        assertEquals(IoUring.IORING_OP_RECV, sqe.opcode());
        assertEquals(7, sqe.fd());
        assertEquals(0x7f00_1234_5678L, sqe.address());
        assertEquals(16384, sqe.length());
        assertEquals(Linux.MSG_PEEK, sqe.operationFlags());
        assertEquals(-2, sqe.userData());
        assertEquals(0, sqe.offset());
        assertEquals(0, sqe.flags());
        assertEquals(0, sqe.ioprio());
    }

    @Test
    void buffersAreSelectedFromAGroup() {
        sqe.recvSelect(3, 100, 0, 65535);
        assertEquals(IoUring.IOSQE_BUFFER_SELECT, sqe.flags());
        assertEquals(65535, sqe.bufferGroup());
        assertEquals(100, sqe.length());
        sqe.slot(1).recvMultishot(3, 0, 9);
        assertEquals(IoUring.IORING_RECV_MULTISHOT, sqe.ioprio());
        assertEquals(9, sqe.bufferGroup());
        assertEquals(0, sqe.length());
    }

    @Test
    void modifiersAddToWhatTheOperationSet() {
        sqe.recvMultishot(3, 0, 9).pollFirst().linked().async().skipSuccess();
        int ioprio = IoUring.IORING_RECV_MULTISHOT | IoUring.IORING_RECVSEND_POLL_FIRST;
        assertEquals(ioprio, sqe.ioprio());
        int flags =
                IoUring.IOSQE_BUFFER_SELECT
                        | IoUring.IOSQE_IO_LINK
                        | IoUring.IOSQE_ASYNC
                        | IoUring.IOSQE_CQE_SKIP_SUCCESS;
        assertEquals(flags, sqe.flags());
    }

    @Test
    void argumentsWithoutAFieldOfTheirOwnGoWhereTheKernelLooks() {
        assertEquals(16, sqe.connect(3, 0x1000, 16).offset());
        assertEquals(0x2000, sqe.slot(1).accept(3, 0x1000, 0x2000, 0).offset());
        assertEquals(Linux.SHUT_WR, sqe.slot(2).shutdown(3, Linux.SHUT_WR).length());
        assertEquals(-1, sqe.slot(3).read(3, 0x1000, 1, -1).offset());
        sqe.clear();
        assertEquals(77, sqe.provideBuffers(0x1000, 64, 5, 6, 77).offset());
        assertEquals(5, sqe.fd());
        sqe.clear();
        assertEquals(12, sqe.cancel(12).address());
        assertEquals(-1, sqe.fd());
    }

    @Test
    void aSendWithoutACopyDiffersInItsOpcodeAlone() {
        sqe.send(3, 0x1000, 512, Linux.MSG_NOSIGNAL).userData(7);
        sqe.slot(1).send(3, 0x1000, 512, Linux.MSG_NOSIGNAL).withoutCopy().userData(7);
        assertEquals(IoUring.IORING_OP_SEND_ZC, sqe.opcode());
        assertEquals("SEND_ZC" + sqe.slot(0).toString().substring(4), sqe.slot(1).toString());
    }

    @Test
    void slotsAreApart() {
        sqe.nop().userData(1);
        sqe.slot(1).nop().userData(2);
        assertEquals(1, sqe.slot(0).userData());
        assertEquals(2, sqe.slot(1).userData());
        sqe.clear();
        assertEquals(0, sqe.userData());
        assertEquals(1, sqe.slot(0).userData());
    }

    @Test
    void aSlotIsCopiedWhole() {
        for (int i = 0; i < Sqe.BYTES; i++) {
            Memory.putByte(sqe.slotAddress() + i, (byte) (i + 1));
        }
        Sqe copy = Sqe.over(sqe.slotAddress() + 2 * Sqe.BYTES);
        copy.copyFrom(sqe);
        for (int i = 0; i < Sqe.BYTES; i++) {
            assertEquals((byte) (i + 1), Memory.getByte(copy.slotAddress() + i));
        }
    }

    @Test
    void itsTextNamesTheOperation() {
        sqe.recv(7, 0x7f0012345678L, 16384, 0).userData(12);
        String text = "RECV fd=7 addr=0x7f0012345678 len=16384 flags=0x0 userData=12";
        assertEquals(text, sqe.toString());
        sqe.slot(1).recvSelect(8, 1, 0x40, 3).pollFirst();
        text = "RECV fd=8 addr=0x0 len=1 flags=0x40 sqeFlags=0x20 ioprio=0x1 group=3 userData=0";
        assertEquals(text, sqe.toString());
    }

    @Test
    void slotsMustBeAligned() {
        long address = sqe.slotAddress();
        assertThrows(AssertionError.class, () -> Sqe.over(address + 4));
    }
}
