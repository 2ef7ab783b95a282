package dev.corio.proxy;

import dev.corio.linux.Linux;
import dev.corio.linux.Rlimit;
import dev.corio.linux.SyscallException;

/// How many connections the process may serve for want of descriptors: `RLIMIT_NOFILE`, which in
/// containers is anything from 1,024 to a billion.
final class OpenFiles {
    /// What the JVM has open for itself, with some to spare.
    private static final int JVM_FILES = 20;

    /// The driver's own, and one listener.
    private static final int FILES_PER_CORE = 3;

    private static final int AHEAD_PER_CORE = 256;

    private OpenFiles() {}

    /// Raises the soft limit to the hard one, and answers what holds then. The JVM does so when it
    /// starts, unless it was told not to.
    static long raise() throws SyscallException {
        Rlimit limit = Linux.rlimit(Linux.RLIMIT_NOFILE);
        if (limit.soft() == limit.hard()) {
            return orNone(limit.soft());
        }
        int result = Linux.setRlimit(Linux.RLIMIT_NOFILE, new Rlimit(limit.hard(), limit.hard()));
        return orNone(result == 0 ? limit.hard() : limit.soft());
    }

    /// How many connections so many descriptors are enough for: two for each, and some for those
    /// that are accepted ahead.
    static int connections(long files, int cores) {
        long left = files - JVM_FILES - (long) FILES_PER_CORE * cores;
        long ahead = Math.min(left / 5, (long) AHEAD_PER_CORE * cores);
        return Math.clamp((left - ahead) / 2, 1, Integer.MAX_VALUE);
    }

    /// The fewest descriptors that are enough for so many connections.
    static long needed(int connections, int cores) {
        long ahead = Math.min((connections + 1L) / 2, (long) AHEAD_PER_CORE * cores);
        return 2L * connections + ahead + JVM_FILES + (long) FILES_PER_CORE * cores;
    }

    private static long orNone(long limit) {
        return limit == Rlimit.INFINITY ? Long.MAX_VALUE / 2 : limit;
    }
}
