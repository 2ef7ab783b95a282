package dev.corio.uring;

import dev.corio.linux.Memory;

/// The completions of a ring, in the order in which the kernel posted them.
///
/// **Threading:** the thread of its ring.
public final class CompletionQueue {
    // io_uring_cqe.
    static final int CQE_SHIFT = 4;
    static final int USER_DATA = 0;
    static final int RESULT = 8;
    static final int FLAGS = 12;

    private final long kHead;
    private final long kTail;
    private final long kOverflow;
    private final long cqes;
    private final int mask;
    private int head;

    CompletionQueue(RingSetup setup) {
        this.kHead = setup.cqHead;
        this.kTail = setup.cqTail;
        this.kOverflow = setup.cqOverflow;
        this.cqes = setup.cqes;
        this.mask = setup.completionEntries - 1;
    }

    /// Hands at most `limit` completions to the handler and answers how many. It may write
    /// submissions and submit them, but must not drain. When it throws, the completion it was given
    /// is gone and the ones behind it stay.
    public int drain(Handler handler, int limit) {
        int start = head;
        int tail = Memory.getIntAcquire(kTail); // Partner: the kernel's release as it posts.
        int end = start + Math.min(tail - start, limit);
        try {
            while (head != end) {
                long cqe = cqes + ((long) (head & mask) << CQE_SHIFT);
                head++;
                handler.onCompletion(
                        Memory.getLong(cqe + USER_DATA),
                        Memory.getInt(cqe + RESULT),
                        Memory.getInt(cqe + FLAGS));
            }
        } finally {
            Memory.putIntRelease(kHead, head); // Partner: the kernel's acquire before it reuses.
        }
        return head - start;
    }

    /// How many completions can be drained without entering the kernel.
    public int ready() {
        return Memory.getIntAcquire(kTail) - head; // Partner: the kernel's release as it posts.
    }

    /// How many completions it has room for.
    public int entries() {
        return mask + 1;
    }

    /// Whether there is no room left: what completes now is kept by the kernel until it is entered,
    /// see [SubmissionQueue#isOverflowed()].
    public boolean isFull() {
        return ready() > mask;
    }

    /// How many completions the kernel lost for want of memory: 0, or an operation will never end.
    /// Not those it keeps: [SubmissionQueue#isOverflowed()].
    public int overflow() {
        return Memory.getIntOpaque(kOverflow);
    }

    /// What is done with a completion.
    public interface Handler {
        /// `userData` is the submission's, `result` is `>= 0` or `-errno`, `flags` are those of
        /// [CqeFlags].
        void onCompletion(long userData, int result, int flags);
    }
}
