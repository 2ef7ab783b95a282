package dev.corio.bench.alternatives;

/// A hashed timing wheel: one list for each tick of a rotation, and a timeout lies in the list of
/// its tick with those of all other rotations (scheme 6 of [Varghese and
/// Lauck](https://doi.org/10.1145/41457.37504)). Setting and cancelling take the same time however
/// many there are; when the next one is due is something that it cannot say.
///
/// **Threading:** used by one thread.
final class TimingWheel {
    /// About a millisecond.
    private static final int TICK_SHIFT = 20;

    private static final int TICKS = 4096;

    private final Timeout[] lists = new Timeout[TICKS];
    private int tick;

    TimingWheel() {
        for (int i = 0; i < TICKS; i++) {
            lists[i] = new Timeout();
        }
    }

    void arm(Timeout timeout, long deadlineNanos) {
        timeout.unlink();
        timeout.deadlineNanos = deadlineNanos;
        timeout.linkBefore(lists[(int) (deadlineNanos >> TICK_SHIFT) & TICKS - 1]);
    }

    void cancel(Timeout timeout) {
        timeout.unlink();
    }

    /// Goes on by one tick; answers how many of its list were due.
    int tick(long nowNanos) {
        Timeout end = lists[tick];
        tick = tick + 1 & TICKS - 1;
        int fired = 0;
        for (Timeout each = end.next; each != end; ) {
            Timeout next = each.next;
            if (each.deadlineNanos - nowNanos <= 0) {
                each.unlink();
                fired++;
            }
            each = next;
        }
        return fired;
    }

    /// A timeout, and the ends of its list: alone it is a list of its own.
    static final class Timeout {
        private long deadlineNanos;
        private Timeout previous = this;
        private Timeout next = this;

        private void linkBefore(Timeout other) {
            previous = other.previous;
            next = other;
            previous.next = this;
            other.previous = this;
        }

        private void unlink() {
            previous.next = next;
            next.previous = previous;
            previous = this;
            next = this;
        }
    }
}
