package dev.corio.proxy;

import java.io.PrintWriter;
import java.util.concurrent.atomic.AtomicLong;

/// Lines for the operator. What can happen for every connection is said at most once a minute.
///
/// **Threading:** safe from any thread.
final class Notices {
    private static final long PAUSE_NANOS = 60_000_000_000L;

    private final PrintWriter output;
    private final Rare full = new Rare();
    private final Rare exhausted = new Rare();

    Notices(PrintWriter output) {
        this.output = output;
    }

    void say(String line) {
        output.println("corio proxy: " + line);
        output.flush();
    }

    void full(int connectionsMax) {
        if (full.isDue()) {
            say(
                    connectionsMax
                            + " connections, as many as --max-connections allows; accepting pauses");
        }
    }

    void exhausted(String reason) {
        if (exhausted.isDue()) {
            say(reason);
        }
    }

    private static final class Rare {
        private final AtomicLong dueNanos = new AtomicLong(System.nanoTime());

        boolean isDue() {
            long now = System.nanoTime();
            long due = dueNanos.get();
            return now - due >= 0 && dueNanos.compareAndSet(due, now + PAUSE_NANOS);
        }
    }
}
