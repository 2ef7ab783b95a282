package dev.corio.core;

import java.util.SplittableRandom;

/// Where a simulation takes its decisions from: one stream of numbers out of one seed. Whoever asks
/// the same questions in the same order gets the same answers.
///
/// **Threading:** confined to its core.
final class Chance {
    private final SplittableRandom random;

    Chance(long seed) {
        random = new SplittableRandom(seed);
    }

    /// True with this probability; asks nothing of the stream when it is 0.
    boolean hits(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    /// A number in `[0, bound)`.
    int below(int bound) {
        return random.nextInt(bound);
    }

    /// A number in `[least, most]`.
    long between(long least, long most) {
        return random.nextLong(least, most + 1);
    }

    /// One of several errnos.
    int oneOf(int... errnos) {
        return errnos[random.nextInt(errnos.length)];
    }

    /// A stream of its own, so that another's questions do not change what this one answers.
    SplittableRandom split() {
        return random.split();
    }
}
