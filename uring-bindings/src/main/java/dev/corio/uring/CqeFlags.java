package dev.corio.uring;

/// The flags of a completion, and what is packed among them.
///
/// **Threading:** safe from any thread.
public final class CqeFlags {
    /// The upper 16 bits are the number of a provided buffer: [#bufferId(int)].
    public static final int IORING_CQE_F_BUFFER = 1 << 0;

    /// More completions of the same submission will follow.
    public static final int IORING_CQE_F_MORE = 1 << 1;

    /// The socket had more to read when this was posted. Since 5.19.
    public static final int IORING_CQE_F_SOCK_NONEMPTY = 1 << 2;

    /// Not a result but the news that the kernel let go of a buffer sent without copying. Since
    /// 6.0.
    public static final int IORING_CQE_F_NOTIF = 1 << 3;

    /// The provided buffer is only partly used up and stays with the kernel. Since 6.12.
    public static final int IORING_CQE_F_BUF_MORE = 1 << 4;

    /// Where the number of a provided buffer begins.
    public static final int IORING_CQE_BUFFER_SHIFT = 16;

    private CqeFlags() {}

    /// Whether the kernel chose a provided buffer.
    public static boolean hasBuffer(int flags) {
        return (flags & IORING_CQE_F_BUFFER) != 0;
    }

    /// The number of the provided buffer that the kernel chose.
    public static int bufferId(int flags) {
        assert hasBuffer(flags) : "ask hasBuffer first";
        return flags >>> IORING_CQE_BUFFER_SHIFT;
    }

    /// Whether the provided buffer is only partly used up: the rest of it stays with the kernel.
    /// Since 6.12, for a group registered so ([BufferRing#registerIncremental]); else never.
    public static boolean keepsBuffer(int flags) {
        return (flags & IORING_CQE_F_BUF_MORE) != 0;
    }

    /// Whether the socket had more to read when this was posted. Since 5.19; before that never.
    public static boolean leftBytes(int flags) {
        return (flags & IORING_CQE_F_SOCK_NONEMPTY) != 0;
    }

    /// Whether this is not a result but the release of a buffer that was sent without a copy.
    public static boolean isNotification(int flags) {
        return (flags & IORING_CQE_F_NOTIF) != 0;
    }

    /// Whether more completions of the same submission will follow.
    public static boolean hasMore(int flags) {
        return (flags & IORING_CQE_F_MORE) != 0;
    }
}
