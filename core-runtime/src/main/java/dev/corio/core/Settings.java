package dev.corio.core;

import java.util.Locale;
import java.util.function.IntFunction;

/// What is set from outside: a system property, `corio.driver`, or else the environment,
/// `CORIO_DRIVER`. A blank value is none.
///
/// **Threading:** safe from any thread.
final class Settings {
    private Settings() {}

    static String text(String property, String fallback) {
        String value = System.getProperty(property);
        if (value == null) {
            value = System.getenv(property.toUpperCase(Locale.ROOT).replace('.', '_'));
        }
        return value == null || value.isBlank() ? fallback : value.trim();
    }

    /// A switch that is on unless it is set otherwise.
    ///
    /// @throws IllegalArgumentException for anything but `true` and `false`
    static boolean isOn(String property) {
        String value = text(property, "true");
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default ->
                    throw new IllegalArgumentException(
                            property + " must be true or false: " + value);
        };
    }

    /// Sets a number, 0 unless it is set from outside.
    ///
    /// @throws IllegalArgumentException for anything else, and for what the setter refuses; the
    ///   text names the property
    static CoreOptions apply(String property, IntFunction<CoreOptions> setter) {
        int value = count(property);
        try {
            return setter.apply(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(property + "=" + value + ": " + e.getMessage(), e);
        }
    }

    private static int count(String property) {
        String value = text(property, "0");
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(property + " must be a number: " + value, e);
        }
    }
}
