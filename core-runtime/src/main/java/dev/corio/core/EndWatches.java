package dev.corio.core;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/// Those who want to know that a core has ended. At most half of the places are of watches that
/// were collected, and a few more.
///
/// **Threading:** safe from any thread; [#tell] is for the thread of the core, once.
final class EndWatches {
    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final int SWEEP_MIN = 64;

    private final Core core;

    /// Guarded by this, until the core has ended.
    private final List<WeakReference<EndWatch>> watches = new ArrayList<>();

    private int sweepAt = SWEEP_MIN;
    private boolean over;

    EndWatches(Core core) {
        this.core = core;
    }

    void add(EndWatch watch) {
        if (!keep(watch)) {
            watch.ended();
        }
    }

    /// The core has ended.
    void tell() {
        synchronized (this) {
            over = true;
        }
        for (WeakReference<EndWatch> each : watches) {
            EndWatch watch = each.get();
            if (watch != null) {
                tell(watch);
            }
        }
        watches.clear();
    }

    /// How many places are taken.
    synchronized int count() {
        return watches.size();
    }

    /// False when the core has ended.
    private synchronized boolean keep(EndWatch watch) {
        if (over) {
            return false;
        }
        if (watches.size() == sweepAt) {
            watches.removeIf(each -> each.refersTo(null));
            sweepAt = Math.max(SWEEP_MIN, 2 * watches.size());
        }
        watches.add(new WeakReference<>(watch));
        return true;
    }

    private void tell(EndWatch watch) {
        try {
            watch.ended();
        } catch (Throwable e) {
            // Error too: the ones behind it still wait.
            core.struck(e, watch);
            LOG.log(
                    System.Logger.Level.ERROR,
                    "telling a watch of the end of " + core + " failed",
                    e);
        }
    }
}
