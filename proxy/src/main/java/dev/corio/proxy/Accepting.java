package dev.corio.proxy;

/// Which core gets a connection.
enum Accepting {
    /// Each core accepts for itself; the kernel spreads connections by a hash (`SO_REUSEPORT`).
    REUSEPORT,
    /// One core accepts and hands over to the one that has the fewest.
    DISTRIBUTE
}
