package dev.corio.core;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds what is leased or opened and never closed, and says where that was. [LeakDetection] has
/// the levels.
///
/// The garbage collector tells what nobody can close any more; the detector asks it whenever it
/// begins to watch something, when a task has to wait for a buffer, and when the core closes, never
/// on the way of a byte.
///
/// **Threading:** confined to its core.
final class LeakDetector {
    private static final System.Logger LOG = LoopLogger.ofCore();

    /// One of about so many is watched when sampling. A power of two.
    static final int PERIOD = 256;

    /// Code with more places than this to forget things at has others to worry about.
    private static final int PLACES_MAX = 256;

    private final Core core;
    private final LeakDetection level;
    private final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();
    private final Set<Watch> watches = new HashSet<>();
    private final Map<List<StackTraceElement>, Place> places = new HashMap<>();
    private int random;
    private int untilNext;

    /// Code that forgets to close.
    private static final class Place {
        private final Watch first;
        private int count;

        Place(Watch first) {
            this.first = first;
        }
    }

    LeakDetector(Core core) {
        this.core = core;
        level = core.options().leakDetection();
        // The same in each run; a core of its own has a sequence of its own.
        random = 0x9E3779B9 * (core.index() + 1) | 1;
        untilNext = interval();
    }

    /// Begins to watch, when it is one of those to be watched; else null.
    ///
    /// @param holder what users hold; named in reports by its `toString` of now
    @Nullable Watch watch(Object holder) {
        if (level == LeakDetection.OFF || (level == LeakDetection.SAMPLED && --untilNext > 0)) {
            return null;
        }
        untilNext = interval();
        look();
        Watch watch = new Watch(this, holder, unreachable);
        watches.add(watch);
        return watch;
    }

    void ended(Watch watch) {
        watches.remove(watch);
        watch.clear();
        if (level == LeakDetection.ALL) {
            watch.endHere();
        }
    }

    /// Reports what the garbage collector has found since the last time.
    void look() {
        for (Reference<?> each = unreachable.poll(); each != null; each = unreachable.poll()) {
            if (each instanceof Watch watch && watches.remove(watch)) {
                report(watch, "was never closed, and nothing refers to it any more");
            }
        }
    }

    /// The tasks of the core have ended: what they have not closed is closed by nobody.
    void reportLeft() {
        look();
        watches.forEach(each -> report(each, "was not closed when " + core + " ended"));
        watches.clear();
        places.values().stream().filter(place -> place.count > 1).forEach(this::reportCount);
        int buffers = core.buffers().leasedCount();
        if (level == LeakDetection.SAMPLED && buffers > 0) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} ended with {1} buffers leased; corio.leaks=all says where",
                    core,
                    buffers);
        }
    }

    private void report(Watch watch, String fault) {
        List<StackTraceElement> where = watch.place();
        Place place = places.get(where);
        if (place == null && places.size() < PLACES_MAX) {
            place = new Place(watch);
            places.put(where, place);
            LOG.log(
                    System.Logger.Level.WARNING,
                    "LEAK: " + watch.what() + " of task " + watch.task() + " " + fault,
                    watch.beginning());
        }
        if (place != null) {
            place.count++;
        }
    }

    private void reportCount(Place place) {
        LOG.log(
                System.Logger.Level.WARNING,
                "LEAK: "
                        + place.count
                        + (level == LeakDetection.ALL ? "" : " of those that were watched")
                        + " were leased or opened here and never closed, "
                        + place.first.what()
                        + " the first of them",
                place.first.beginning());
    }

    /// [#PERIOD] on average: leases that come in a pattern are not always missed.
    private int interval() {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        return 1 + (random & (2 * PERIOD - 1));
    }
}
