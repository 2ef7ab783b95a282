package dev.corio.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Reports cores that are kept from their loop for longer than [CoreOptions#stallAfter], with what
/// keeps them and its stack: once to the log and to JFR when that is noticed, and once when it is
/// over.
///
/// One thread for all cores samples what their loops count anyway. It wakes nobody and stops
/// nobody, but for the moment in which a stack is taken.
///
/// **Threading:** its own thread; [#start] and [#close] belong to the [Cores].
final class Watchdog implements AutoCloseable {
    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final long PERIOD_NANOS_MIN = 1_000_000;

    private final List<Watched> all = new ArrayList<>();
    private final long periodNanos;
    private final Thread thread =
            Thread.ofPlatform().name("corio-watchdog").daemon().unstarted(this::watch);

    /// A core, and who keeps it if somebody does.
    private static final class Watched {
        private final Core core;
        private final StallWatch watch;
        private @Nullable Occupant occupant;

        Watched(Core core, long limitNanos) {
            this.core = core;
            watch = new StallWatch(limitNanos);
        }
    }

    Watchdog(List<Core> cores, long stallNanos) {
        periodNanos = Math.max(PERIOD_NANOS_MIN, stallNanos / 4);
        for (Core core : cores) {
            // A loop that spins makes no turns.
            all.add(new Watched(core, stallNanos + core.options().spin().toNanos()));
        }
    }

    void start() {
        thread.start();
    }

    /// Ends the thread, soon.
    @Override
    public void close() {
        thread.interrupt();
    }

    private void watch() {
        while (!Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, periodNanos);
            for (Watched each : all) {
                try {
                    sample(each);
                } catch (RuntimeException e) {
                    LOG.log(System.Logger.Level.WARNING, "could not look at " + each.core, e);
                }
            }
        }
    }

    private static void sample(Watched watched) {
        Loop loop = watched.core.loop;
        long progress = loop.progress();
        switch (watched.watch.sample(System.nanoTime(), progress, loop.isAsleep())) {
            case FINE, STILL_STALLED -> {}
            case STALLED -> {
                Occupant occupant = Occupant.of(loop);
                if (progress == loop.progress() && !loop.isAsleep()) {
                    watched.occupant = occupant;
                    reportStall(watched.core, occupant, watched.watch.stalledNanos());
                } else {
                    watched.watch.retract();
                }
            }
            case OVER -> {
                Occupant occupant = watched.occupant;
                watched.occupant = null;
                if (occupant != null) {
                    reportEnd(watched.core, occupant, watched.watch.stalledNanos());
                }
            }
        }
    }

    private static void reportStall(Core core, Occupant occupant, long nanos) {
        Events.stall(core, occupant, nanos, false);
        LOG.log(
                System.Logger.Level.WARNING,
                core
                        + " has been kept by "
                        + occupant.name()
                        + " for "
                        + DelayHistogram.text(nanos)
                        + ", so nothing else on it goes on; long computations should call"
                        + " Core.yield, calls that block belong into Blocking. It is here:"
                        + occupant.stackText());
    }

    private static void reportEnd(Core core, Occupant occupant, long nanos) {
        Events.stall(core, occupant, nanos, true);
        LOG.log(
                System.Logger.Level.WARNING,
                core
                        + " goes on: "
                        + occupant.name()
                        + " had kept it for about "
                        + DelayHistogram.text(nanos));
    }
}
