package dev.corio.uring;

/// Something that newer kernels can do. None is needed for correctness except the first two,
/// without which the io_uring driver is not worth having.
///
/// The versions say when the kernel itself got a feature. Distributions carry features back, so
/// only [RingFeatures#probe()] knows what there is.
///
/// **Threading:** safe from any thread.
public enum RingFeature {
    /// A socket operation that would wait is polled for and not given to a worker thread. Since
    /// 5.7.
    FAST_POLL(507),

    /// Completions that do not fit into the ring are kept by the kernel and not dropped. Since 5.5.
    NODROP(505),

    /// io_uring_enter takes a timeout. Since 5.11; in Debian's 5.10 too.
    EXT_ARG(511),

    /// IORING_POLL_ADD_MULTI: one poll submission, many completions. Since 5.13.
    MULTISHOT_POLL(513),

    /// IOSQE_CQE_SKIP_SUCCESS: no completion where there is nothing to say. Since 5.17.
    CQE_SKIP(517),

    /// A bad submission does not stop the ones behind it. Since 5.18.
    SUBMIT_ALL(518),

    /// IORING_REGISTER_RING_FDS: io_uring_enter need not look up the descriptor. Since 5.18.
    REGISTERED_RING(518),

    /// IORING_OP_MSG_RING: a completion for another ring. Since 5.18.
    MSG_RING(518),

    /// Completions do not interrupt the thread; they are made when it next enters the kernel. Since
    /// 5.19.
    COOP_TASKRUN(519),

    /// The submission ring says when such completions wait: [SubmissionQueue#isTaskWorkPending()].
    /// Since 5.19.
    TASKRUN_FLAG(519),

    /// Rings of provided buffers: [BufferRing]. Since 5.19.
    PBUF_RING(519),

    /// One accept submission, many connections. Since 5.19.
    MULTISHOT_ACCEPT(519),

    /// IORING_RECVSEND_POLL_FIRST: do not try before the socket is ready. On request. Since 5.19.
    POLL_FIRST(519),

    /// IORING_ASYNC_CANCEL_FD and _ALL: cancel by descriptor. Since 5.19.
    CANCEL_FD(519),

    /// The kernel may count on one thread to submit. Since 6.0.
    SINGLE_ISSUER(600),

    /// One receive submission, many completions. Needs PBUF_RING. Since 6.0.
    MULTISHOT_RECV(600),

    /// IORING_REGISTER_SYNC_CANCEL: cancel and wait for it. Since 6.0.
    SYNC_CANCEL(600),

    /// IORING_OP_SEND_ZC: send without copying. Since 6.0.
    SEND_ZC(600),

    /// Completions are made only when the thread asks for them. Needs SINGLE_ISSUER. Since 6.1.
    DEFER_TASKRUN(601),

    /// The submission ring needs no array of indexes. Since 6.6.
    NO_SQARRAY(606),

    /// IORING_REGISTER_NAPI: a ring that waits polls the network device. Since 6.9.
    NAPI(609),

    /// A provided buffer can be used up bit by bit: [BufferRing#registerIncremental]. On request.
    /// Since 6.12.
    PBUF_INC(612),

    /// Direct descriptors: [FileTable]. On request. The kernel has had them since 5.1, but until
    /// 6.13 a file that was taken out stayed open as long as any older request was in flight, so
    /// that the peer of a closed connection waited for its end. Found by a feature of 6.14.
    FIXED_FILES(614),

    /// IORING_ENTER_NO_IOWAIT: a waiting ring does not count as a CPU that waits for a disk. Since
    /// 6.15.
    NO_IOWAIT(615);

    /// 519 for Linux 5.19.
    private final int since;

    RingFeature(int since) {
        this.since = since;
    }

    /// Whether it is used only where a mask asks for it, as in `+FIXED_FILES`, for it does not pay
    /// everywhere.
    public boolean isOnRequest() {
        return this == POLL_FIRST || this == PBUF_INC || this == FIXED_FILES;
    }

    /// Whether Linux itself had the feature in release `release`, written as 519 for 5.19.
    boolean isIn(int release) {
        return since <= release;
    }
}
