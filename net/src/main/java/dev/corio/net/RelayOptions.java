package dev.corio.net;

import java.time.Duration;

/// How a [Relay] behaves.
///
/// @param idleTimeout the relay ends when no byte has moved in either direction for this long; zero
///   for no limit
///
///   **Threading:** immutable.
public record RelayOptions(Duration idleTimeout) {
    public RelayOptions {
        if (idleTimeout.isNegative()) {
            throw new IllegalArgumentException("idleTimeout must not be negative: " + idleTimeout);
        }
    }

    /// No limit.
    public static RelayOptions defaults() {
        return new RelayOptions(Duration.ZERO);
    }
}
