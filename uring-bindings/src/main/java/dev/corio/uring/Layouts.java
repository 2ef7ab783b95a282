package dev.corio.uring;

/// Sizes and offsets of the structures that a start exchanges with the kernel, whose ABI they are
/// (include/uapi/linux/io_uring.h). The generated classes have them too, but build them from
/// layouts that take the JVM a tenth of the time until a server listens. `LayoutTest` compares.
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
    static final class WaitArgument {
        static final int BYTES = 24;
        static final int SIGNAL_SET_BYTES = 8;
        static final int TIMEOUT = 16;

        private WaitArgument() {}
    }

    /// __kernel_timespec.
    static final class Timespec {
        static final int BYTES = 16;
        static final int SECONDS = 0;
        static final int NANOS = 8;

        private Timespec() {}
    }

    /// io_uring_rsrc_update.
    static final class Update {
        static final int BYTES = 16;
        static final int OFFSET = 0;
        static final int DATA = 8;

        private Update() {}
    }

    /// io_uring_buf_reg.
    static final class BufferGroup {
        static final int BYTES = 40;
        static final int ADDRESS = 0;
        static final int ENTRIES = 8;
        static final int ID = 12;
        static final int FLAGS = 14;

        private BufferGroup() {}
    }

    /// io_uring_sync_cancel_reg.
    static final class Cancel {
        static final int BYTES = 64;
        static final int USER_DATA = 0;
        static final int FD = 8;
        static final int TIMEOUT = 16;

        private Cancel() {}
    }

    /// io_uring_probe.
    static final class Probe {
        static final int BYTES = 16;
        static final int COUNT = 1;

        private Probe() {}
    }

    /// io_uring_probe_op.
    static final class ProbedOp {
        static final int BYTES = 8;
        static final int OPCODE = 0;
        static final int FLAGS = 2;

        private ProbedOp() {}
    }
}
