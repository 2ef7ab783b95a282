package dev.corio.linux;

import java.io.IOException;

/// A system call that failed, for want of an exception of the JDK's own that fits better. The text
/// names the call, its descriptor or address, and the error: `recv(fd=7): ECONNRESET (104)
/// connection reset by peer`.
///
/// **Threading:** safe from any thread.
public final class SyscallException extends IOException {
    private static final long serialVersionUID = 1L;

    /// The call with the arguments that tell it from others.
    private final String call;

    /// Positive.
    private final int errno;

    /// `call` as in `"recv(fd=7)"`, `errno` as a positive number.
    public SyscallException(String call, int errno) {
        super(text(call, errno));
        this.call = call;
        this.errno = errno;
    }

    /// As [#SyscallException(String, int)], with advice to whoever reads the text.
    public SyscallException(String call, int errno, String remedy) {
        super(text(call, errno) + "; " + remedy);
        this.call = call;
        this.errno = errno;
    }

    /// The error number, positive: one of those in [Errno].
    public int errno() {
        return errno;
    }

    /// The call that failed, as in `"recv(fd=7)"`.
    public String call() {
        return call;
    }

    private static String text(String call, int errno) {
        assert errno > 0 : "pass the positive error number, not -errno: " + errno;
        return call + ": " + Errno.name(errno) + " (" + errno + ") " + Errno.describe(errno);
    }
}
