package dev.corio.core;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

/// A kernel that makes errors, for a child.
final class Strace {
    private Strace() {}

    /// What to start the child with so that the calls in which a driver waits fail; skips the test
    /// where strace is missing.
    ///
    /// @param when which of them, each thread counted for itself: `100+` all from the hundredth on,
    ///   `3+7` the third and then every seventh
    static List<String> failingWaits(DriverUnderTest driver, String error, String when) {
        String calls =
                driver == DriverUnderTest.EPOLL
                        ? "epoll_wait,epoll_pwait,epoll_pwait2"
                        : "io_uring_enter";
        return failing(calls, error, when);
    }

    /// The same for any calls, their names separated by commas.
    static List<String> failing(String calls, String error, String when) {
        assumeTrue(Child.isInstalled("strace"), "strace is missing: apt install strace");
        String fault = "inject=" + calls + ":error=" + error + ":when=" + when;
        return List.of(
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", fault);
    }
}
