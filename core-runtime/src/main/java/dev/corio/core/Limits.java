package dev.corio.core;

import java.time.Duration;
import java.util.List;

/// What a setting may be. Each check answers a value within its limits, and refuses any other by
/// the setting's name; the text is built only then.
///
/// **Threading:** safe from any thread.
final class Limits {
    private static final List<String> UNITS = List.of("ns", "µs", "ms", "s");

    private Limits() {}

    static <T extends Comparable<T>> T atLeast(String name, T value, T min) {
        if (value.compareTo(min) < 0) {
            throw refusal(name, "at least " + text(min), value);
        }
        return value;
    }

    static <T extends Comparable<T>> T within(String name, T value, T min, T max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw refusal(name, text(min) + " to " + text(max), value);
        }
        return value;
    }

    static int powerOfTwo(String name, int value, int min, int max) {
        if (Integer.bitCount(value) != 1 || value < min || value > max) {
            throw refusal(name, "a power of two from " + min + " to " + max, value);
        }
        return value;
    }

    static int zeroOrPowerOfTwo(String name, int value, int max) {
        if (value != 0 && (Integer.bitCount(value) != 1 || value < 0 || value > max)) {
            throw refusal(name, "0, or a power of two up to " + max, value);
        }
        return value;
    }

    static Duration zeroOrAtLeast(String name, Duration value, Duration min) {
        if (!value.isZero() && value.compareTo(min) < 0) {
            throw refusal(name, "0, or at least " + text(min), value);
        }
        return value;
    }

    static Duration zeroOrWithin(String name, Duration value, Duration min, Duration max) {
        if (!value.isZero() && (value.compareTo(min) < 0 || value.compareTo(max) > 0)) {
            throw refusal(name, "0, or " + text(min) + " to " + text(max), value);
        }
        return value;
    }

    private static IllegalArgumentException refusal(String name, String limits, Object value) {
        return new IllegalArgumentException(name + " must be " + limits + ": " + value);
    }

    /// As people write it, a duration in the largest unit that leaves no rest.
    private static String text(Object limit) {
        if (!(limit instanceof Duration duration)) {
            return limit.toString();
        }
        long rest = duration.toNanos();
        int unit = 0;
        while (rest != 0 && rest % 1_000 == 0 && unit < UNITS.size() - 1) {
            rest /= 1_000;
            unit++;
        }
        return rest == 0 ? "0" : rest + " " + UNITS.get(unit);
    }
}
