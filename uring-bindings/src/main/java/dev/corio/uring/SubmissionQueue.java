package dev.corio.uring;

import dev.corio.linux.Memory;
import org.jspecify.annotations.Nullable;

/// The submissions of a ring: take a slot with [#next()], write it, and let [Ring] hand over all of
/// them with one system call. A slot that was taken is submitted; there is no way to give it back.
///
/// **Threading:** the thread of its ring.
public final class SubmissionQueue {
    private final long kHead;
    private final long kTail;
    private final long kFlags;
    private final int capacity;
    private final int mask;
    private final Sqe slots;

    /// Ours runs ahead of the kernel's until [#publish()].
    private int tail;

    /// What we last saw of the kernel's; it is at least this far.
    private int head;

    SubmissionQueue(RingSetup setup) {
        this.kHead = setup.sqHead;
        this.kTail = setup.sqTail;
        this.kFlags = setup.sqFlags;
        this.capacity = setup.entries;
        this.mask = setup.entries - 1;
        this.slots = Sqe.over(setup.sqes);
        if (setup.sqArray != 0) {
            fillArray(setup.sqArray);
        }
    }

    /// A zeroed slot to write an operation into, or null when all are taken: submit and try again.
    /// It is the same object each time, moved on; do not keep it.
    public @Nullable Sqe next() {
        if (tail - head == capacity) {
            head = Memory.getIntAcquire(kHead); // Partner: the kernel's release as it consumes.
            if (tail - head == capacity) {
                return null;
            }
        }
        Sqe sqe = slots.slot(tail & mask);
        tail++;
        sqe.clear();
        return sqe;
    }

    /// How many submissions were written and not consumed by the kernel yet.
    public int pending() {
        head = Memory.getIntAcquire(kHead); // Partner: the kernel's release as it consumes.
        return tail - head;
    }

    /// How many slots there are.
    public int capacity() {
        return capacity;
    }

    /// Whether completions wait for the thread to enter the kernel. Says nothing without
    /// [RingFeature#TASKRUN_FLAG].
    public boolean isTaskWorkPending() {
        return (flags() & IoUring.IORING_SQ_TASKRUN) != 0;
    }

    /// Whether the kernel keeps completions that did not fit: enter with [Ring#submitAndGet()] and
    /// drain until this is false.
    public boolean isOverflowed() {
        return (flags() & IoUring.IORING_SQ_CQ_OVERFLOW) != 0;
    }

    /// Shows the kernel what was written; answers how many submissions it has not consumed.
    int publish() {
        Memory.putIntRelease(kTail, tail); // Partner: the kernel's acquire in io_uring_enter.
        return pending();
    }

    private int flags() {
        return Memory.getIntOpaque(kFlags);
    }

    /// Slot n of the ring is always submission n: we never reorder.
    private void fillArray(long array) {
        for (int i = 0; i < capacity; i++) {
            Memory.putInt(array + (long) i * Integer.BYTES, i);
        }
    }
}
