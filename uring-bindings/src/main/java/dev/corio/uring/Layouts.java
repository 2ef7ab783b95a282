package dev.corio.uring;

/// Sizes and offsets of the structures that a start exchanges with the kernel, whose ABI they are
/// (include/uapi/linux/io_uring.h). The generated classes have them too, but build them from
/// layouts that take the JVM 20 to 30 ms of a start. `LayoutTest` compares.
///
/// **Threading:** constants.
final class Layouts {
    private Layouts() {}

    /// io_uring_params.
    static final class Params {
        static final int BYTES = 120;
        static final int SQ_ENTRIES = 0;
        static final int CQ_ENTRIES = 4;
        static final int FLAGS = 8;
        static final int FEATURES = 20;
        static final int SQ_OFF = 40;
        static final int CQ_OFF = 80;

        private Params() {}
    }

    /// io_sqring_offsets.
    static final class SqOffsets {
        static final int HEAD = 0;
        static final int TAIL = 4;
        static final int FLAGS = 16;
        static final int ARRAY = 24;

        private SqOffsets() {}
    }

    /// io_cqring_offsets.
    static final class CqOffsets {
        static final int HEAD = 0;
        static final int TAIL = 4;
        static final int OVERFLOW = 16;
        static final int CQES = 20;

        private CqOffsets() {}
    }

    /// io_uring_getevents_arg.
    static final class GeteventsArg {
        static final int BYTES = 24;
        static final int SIGMASK_SZ = 8;
        static final int TS = 16;

        private GeteventsArg() {}
    }

    /// __kernel_timespec.
    static final class Timespec {
        static final int BYTES = 16;
        static final int TV_SEC = 0;
        static final int TV_NSEC = 8;

        private Timespec() {}
    }

    /// io_uring_rsrc_update.
    static final class RsrcUpdate {
        static final int BYTES = 16;
        static final int OFFSET = 0;
        static final int DATA = 8;

        private RsrcUpdate() {}
    }

    /// io_uring_buf_reg.
    static final class BufReg {
        static final int BYTES = 40;
        static final int RING_ADDR = 0;
        static final int RING_ENTRIES = 8;
        static final int BGID = 12;
        static final int FLAGS = 14;

        private BufReg() {}
    }

    /// io_uring_sync_cancel_reg.
    static final class SyncCancelReg {
        static final int BYTES = 64;
        static final int ADDR = 0;
        static final int FD = 8;
        static final int TIMEOUT = 16;

        private SyncCancelReg() {}
    }

    /// io_uring_probe.
    static final class Probe {
        static final int BYTES = 16;
        static final int OPS_LEN = 1;

        private Probe() {}
    }

    /// io_uring_probe_op.
    static final class ProbeOp {
        static final int BYTES = 8;
        static final int OP = 0;
        static final int FLAGS = 2;

        private ProbeOp() {}
    }
}
