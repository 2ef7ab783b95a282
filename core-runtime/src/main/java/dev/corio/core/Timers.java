package dev.corio.core;

import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The core's deadlines: a binary heap over [Timer] objects that know their place in it, so arming
/// and cancelling are `O(log n)` and allocate nothing. Times are [Driver#nanoTime] values.
///
/// **Threading:** confined to its core.
final class Timers {
    /// The answer of [#nextDeadlineNanos] when nothing is armed.
    static final long NONE = Long.MAX_VALUE;

    private static final long FOREVER_NANOS = Long.MAX_VALUE / 2;

    private @Nullable Timer[] heap = new Timer[64];
    private int size;

    /// A delay in nanoseconds, at least 0 and at most some centuries.
    static long nanos(Duration delay) {
        try {
            return Math.clamp(delay.toNanos(), 0, FOREVER_NANOS);
        } catch (ArithmeticException e) {
            return delay.isNegative() ? 0 : FOREVER_NANOS;
        }
    }

    int size() {
        return size;
    }

    /// The earliest deadline, or [#NONE].
    long nextDeadlineNanos() {
        Timer first = heap[0];
        return first == null ? NONE : first.deadlineNanos;
    }

    /// Arms the timer, or moves its deadline when it is armed already.
    void arm(Timer timer, long deadlineNanos) {
        // Keeps a real deadline apart from NONE.
        long deadline = deadlineNanos == NONE ? NONE - 1 : deadlineNanos;
        if (timer.isArmed()) {
            boolean earlier = deadline - timer.deadlineNanos < 0;
            timer.deadlineNanos = deadline;
            if (earlier) {
                siftUp(timer.index, timer);
            } else {
                siftDown(timer.index, timer);
            }
            return;
        }
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        timer.deadlineNanos = deadline;
        siftUp(size++, timer);
    }

    /// Disarms the timer; one that is not armed is left alone.
    void cancel(Timer timer) {
        int index = timer.index;
        if (index == Timer.NOT_ARMED) {
            return;
        }
        timer.index = Timer.NOT_ARMED;
        Timer moved = heap[--size];
        heap[size] = null;
        if (moved != null && moved != timer) {
            siftDown(index, moved);
            if (heap[index] == moved) {
                siftUp(index, moved);
            }
        }
    }

    /// Fires what was due at `nowNanos`. A timer that a fired one arms anew waits for the next
    /// call, unless its deadline is in the past too.
    void fire(long nowNanos) {
        int budget = size;
        while (budget-- > 0) {
            Timer first = heap[0];
            if (first == null || first.deadlineNanos - nowNanos > 0) {
                return;
            }
            cancel(first);
            first.fired();
        }
    }

    private void siftUp(int start, Timer timer) {
        int index = start;
        while (index > 0) {
            int parent = (index - 1) >>> 1;
            Timer above = heap[parent];
            if (above == null || above.deadlineNanos - timer.deadlineNanos <= 0) {
                break;
            }
            place(index, above);
            index = parent;
        }
        place(index, timer);
    }

    private void siftDown(int start, Timer timer) {
        int index = start;
        while (true) {
            int child = 2 * index + 1;
            if (child >= size) {
                break;
            }
            Timer below = heap[child];
            Timer right = child + 1 < size ? heap[child + 1] : null;
            if (right != null && below != null && right.deadlineNanos - below.deadlineNanos < 0) {
                child++;
                below = right;
            }
            if (below == null || timer.deadlineNanos - below.deadlineNanos <= 0) {
                break;
            }
            place(index, below);
            index = child;
        }
        place(index, timer);
    }

    private void place(int index, Timer timer) {
        heap[index] = timer;
        timer.index = index;
    }
}
