package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.Rlimit;
import dev.corio.linux.SyscallException;

/// What the kernel lets this process have, raised as far as it may raise it itself: the soft limit
/// up to the hard one.
///
/// @param files descriptors (`ulimit -n`)
/// @param lockedBytes memory that may be locked (`ulimit -l`), against which kernels before 5.12
///   and again recent ones (6.18) count rings
///
///   **Threading:** immutable.
record ProcessLimits(Rlimit files, Rlimit lockedBytes) {
    private static final System.Logger LOG = LoopLogger.ofCore();

    /// Raises both and answers what holds then.
    static ProcessLimits raise() throws SyscallException {
        return new ProcessLimits(raise(Linux.RLIMIT_NOFILE), raise(Linux.RLIMIT_MEMLOCK));
    }

    private static Rlimit raise(int resource) throws SyscallException {
        Rlimit limit = Linux.rlimit(resource);
        if (limit.soft() == limit.hard()) {
            return limit;
        }
        Rlimit raised = new Rlimit(limit.hard(), limit.hard());
        int result = Linux.setRlimit(resource, raised);
        if (result < 0) {
            // A sandbox may forbid it. What holds is enough to begin with.
            SyscallException refusal =
                    new SyscallException("setrlimit(" + resource + ", " + raised + ")", -result);
            LOG.log(System.Logger.Level.DEBUG, "a limit stays as it is", refusal);
            return limit;
        }
        return raised;
    }
}
