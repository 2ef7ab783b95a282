package dev.corio.core;

import java.util.Locale;

/// Which driver carries out the operations of a core.
///
/// **Threading:** immutable.
public enum DriverKind {
    /// io_uring where the kernel and the container allow it, else epoll, with the reason logged
    /// once.
    AUTO("auto"),
    /// The kernel's submission and completion queues. Needs Linux 5.7.
    IO_URING("io_uring"),
    /// Readiness and system calls: for kernels and containers where io_uring is shut, and to
    /// compare.
    EPOLL("epoll"),
    /// A kernel in memory, for tests: see [Simulation]. Cannot be chosen by name.
    SIMULATED("simulated");

    private final String text;

    DriverKind(String text) {
        this.text = text;
    }

    /// Reads `auto`, `io_uring` or `epoll`.
    ///
    /// @throws IllegalArgumentException for anything else
    public static DriverKind parse(String text) {
        for (DriverKind kind : values()) {
            if (kind != SIMULATED && kind.text.equals(text.toLowerCase(Locale.ROOT))) {
                return kind;
            }
        }
        throw new IllegalArgumentException("driver must be auto, io_uring or epoll: " + text);
    }

    @Override
    public String toString() {
        return text;
    }
}
