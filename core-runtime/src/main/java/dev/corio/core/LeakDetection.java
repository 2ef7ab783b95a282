package dev.corio.core;

import java.util.Locale;

/// How many buffers, streams and listeners are watched for being forgotten: dropped without a
/// close, or still open when their core ends. Set with [CoreOptions#leakDetection].
///
/// What is found is logged as a warning with the place and the task that leased or opened it, once
/// for each place.
///
/// **Threading:** immutable.
public enum LeakDetection {
    /// None.
    OFF,
    /// About one of 256, chosen at random: what leaks again and again is found. Costs some tens of
    /// nanoseconds for each new buffer, and nothing for one that is kept and leased into.
    SAMPLED,
    /// Every one, and refusals of closed buffers say who leased and who closed them: for tests and
    /// for the search. A lease costs microseconds and some kilobytes of heap.
    ALL;

    /// `off`, `sampled` or `all`.
    ///
    /// @throws IllegalArgumentException for any other text
    static LeakDetection parse(String text) {
        for (LeakDetection each : values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(text)) {
                return each;
            }
        }
        throw new IllegalArgumentException("corio.leaks must be off, sampled or all: " + text);
    }
}
