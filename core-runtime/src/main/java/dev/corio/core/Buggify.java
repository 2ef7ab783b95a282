package dev.corio.core;

import java.util.HashMap;
import java.util.Map;

/// Places in the code that may, in a simulation, do the rare thing: say that a pool is exhausted,
/// wake up for nothing, take one instead of many. What is rare in production is then tried at every
/// corner, and in every combination. The idea is FoundationDB's: each point is switched on or off
/// once for a run, and one that is on fires now and then, so that some runs are full of one kind of
/// trouble and free of another.
///
/// ```java
/// if (Buggify.here(core, "cache-cold")) {
///     cache.clear();
/// }
/// ```
///
/// On a real kernel no point ever fires, at the cost of one look at a field that is null.
///
/// **Threading:** confined to its core.
public final class Buggify {
    private static final double FIRES = 0.25;

    private final Chance chance;
    private final double activation;
    private final Map<String, Boolean> active = new HashMap<>();

    Buggify(Chance chance, double activation) {
        this.chance = chance;
        this.activation = activation;
    }

    /// Whether to do the rare thing at this point.
    ///
    /// @param point a name; all places that use it are one point
    public static boolean here(Core core, String point) {
        Buggify buggify = core.buggify();
        return buggify != null && buggify.fires(point);
    }

    boolean fires(String point) {
        Boolean on = active.get(point);
        if (on == null) {
            on = chance.hits(activation);
            active.put(point, on);
        }
        return on && chance.hits(FIRES);
    }
}
