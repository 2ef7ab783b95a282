package dev.corio.core;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The waits for time alone. A core keeps those that are over for the next ones, so that sleeping
/// allocates nothing.
///
/// **Threading:** confined to its core.
final class Sleeps {
    private static final int KEPT_MAX = 1024;

    private final Core core;
    private @Nullable Sleep kept;
    private int keptCount;

    Sleeps(Core core) {
        this.core = core;
    }

    /// Suspends the calling task for at least this long.
    void sleep(Duration duration) throws InterruptedException {
        Sleep sleep = take();
        sleep.nanos = Timers.nanos(duration);
        core.arm(sleep, sleep.nanos);
        try {
            sleep.over.await();
        } finally {
            core.disarm(sleep);
            keep(sleep);
        }
    }

    private Sleep take() {
        Sleep sleep = kept;
        if (sleep == null) {
            return new Sleep(core);
        }
        kept = sleep.next;
        keptCount--;
        return sleep;
    }

    private void keep(Sleep sleep) {
        if (keptCount < KEPT_MAX) {
            sleep.next = kept;
            kept = sleep;
            keptCount++;
        }
    }

    private static final class Sleep extends Timer {
        private final Suspension over;
        private long nanos;
        private @Nullable Sleep next;

        Sleep(Core core) {
            over = new Suspension(core, this);
        }

        @Override
        protected void fired() {
            over.resume();
        }

        @Override
        public String toString() {
            return "sleep(" + Duration.ofNanos(nanos) + ")";
        }
    }
}
