package dev.corio.net;

import dev.corio.linux.Linux;

/// How a listener is set up.
///
/// @param backlog connections that the kernel keeps for us before they are accepted; it takes at
///   most `net.core.somaxconn`
/// @param reusePort whether other sockets may listen at the same address (`SO_REUSEPORT`), so that
///   each core can have its own; the kernel spreads the connections
/// @param acceptedMax connections that may be accepted ahead of [TcpListener#accept] before
///   accepting pauses; a multishot accept may overshoot by what the backlog holds
///
///   **Threading:** immutable.
public record ListenOptions(int backlog, boolean reusePort, int acceptedMax) {
    public ListenOptions {
        if (backlog < 1) {
            throw new IllegalArgumentException("backlog must be positive: " + backlog);
        }
        if (acceptedMax < 1) {
            throw new IllegalArgumentException("acceptedMax must be positive: " + acceptedMax);
        }
    }

    /// A backlog of 4096, `SO_REUSEPORT`, 256 accepted ahead.
    public static ListenOptions defaults() {
        return new ListenOptions(Linux.SOMAXCONN, true, 256);
    }

    /// With another backlog.
    public ListenOptions withBacklog(int connections) {
        return new ListenOptions(connections, reusePort, acceptedMax);
    }

    /// With the address shared or not.
    public ListenOptions withReusePort(boolean on) {
        return new ListenOptions(backlog, on, acceptedMax);
    }
}
