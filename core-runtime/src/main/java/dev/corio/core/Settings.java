package dev.corio.core;

import java.util.Locale;

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

    /// A number, 0 unless it is set.
    ///
    /// @throws IllegalArgumentException for anything else
    static int count(String property) {
        String value = text(property, "0");
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(property + " must be a number: " + value, e);
        }
    }
}
