package dev.corio.core;

import java.util.Random;

/// Where random tests get their numbers: a new seed each time, printed, and given again with
/// `-Dcorio.seed`.
public final class Seed {
    private Seed() {}

    public static Random random(String test) {
        return new Random(of(test));
    }

    public static long of(String test) {
        long seed = Long.getLong("corio.seed", System.nanoTime());
        System.out.println(test + ": -Dcorio.seed=" + seed);
        return seed;
    }
}
