package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.SyscallException;
import dev.corio.uring.RingFeature;
import dev.corio.uring.RingFeatures;
import java.io.IOException;

/// Which driver runs, and why: the reason of a fallback names the errno and the remedy.
///
/// @param kind never [DriverKind#AUTO]
/// @param reason one line
/// @param errno why io_uring cannot be had, as in [dev.corio.linux.Errno]; 0 when no error says
/// @param features what the ring may use; none for other drivers
///
///   **Threading:** immutable.
public record DriverChoice(DriverKind kind, String reason, int errno, RingFeatures features) {
    /// Chooses a driver by trying. See [#of(DriverKind, String)]; the mask is the configured one.
    public static DriverChoice of(DriverKind wanted) throws IOException {
        return of(wanted, CoreOptions.defaults().featureMask());
    }

    /// Chooses a driver by trying, never by the kernel's version.
    ///
    /// @param mask features to leave unused, as [RingFeatures#masked] reads them
    /// @throws IOException when io_uring is demanded and cannot be had; the text says why
    public static DriverChoice of(DriverKind wanted, String mask) throws IOException {
        if (wanted == DriverKind.EPOLL) {
            return new DriverChoice(DriverKind.EPOLL, "configured", 0, RingFeatures.none());
        }
        if (wanted == DriverKind.SIMULATED) {
            return simulated();
        }
        try {
            RingFeatures features = RingFeatures.probe().masked(mask);
            if (!features.has(RingFeature.FAST_POLL) || !features.has(RingFeature.NODROP)) {
                throw new IOException(
                        "io_uring lacks FAST_POLL or NODROP; it needs Linux 5.7 or later");
            }
            String reason = wanted == DriverKind.AUTO ? "available" : "configured";
            return new DriverChoice(DriverKind.IO_URING, reason, 0, features);
        } catch (IOException e) {
            if (wanted == DriverKind.IO_URING) {
                throw e;
            }
            return fallback(e);
        }
    }

    /// The choice of a kernel in memory.
    static DriverChoice simulated() {
        return new DriverChoice(DriverKind.SIMULATED, "for a test", 0, RingFeatures.none());
    }

    /// The choice of epoll because io_uring failed.
    static DriverChoice fallback(IOException reason) {
        return new DriverChoice(
                DriverKind.EPOLL,
                "io_uring unavailable: " + reason.getMessage(),
                reason instanceof SyscallException call ? call.errno() : 0,
                RingFeatures.none());
    }

    /// The same choice, with what became of the rings where memory was short.
    DriverChoice withEntries(int entries, int wanted) {
        if (entries >= wanted) {
            return this;
        }
        return new DriverChoice(
                kind,
                reason
                        + ", with rings of "
                        + entries
                        + " entries instead of "
                        + wanted
                        + ", because io_uring_setup answered ENOMEM (12): raise RLIMIT_MEMLOCK"
                        + " (ulimit -l, docker run --ulimit memlock=-1)",
                Errno.ENOMEM,
                features);
    }
}
