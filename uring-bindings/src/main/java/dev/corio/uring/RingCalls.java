package dev.corio.uring;

import dev.corio.generated.Liburing;
import dev.corio.linux.Downcalls;
import java.lang.invoke.MethodHandle;

/// The three system calls of io_uring through liburing, which answers `-errno` by itself.
///
/// The class cannot be initialised without liburing: ask [IoUring#libraryProblem()] first.
///
/// **Threading:** safe from any thread.
final class RingCalls {
    private static final MethodHandle SETUP =
            Downcalls.link(Liburing.io_uring_setup$address(), Liburing.io_uring_setup$descriptor());
    private static final MethodHandle ENTER =
            Downcalls.link(
                    Liburing.io_uring_enter2$address(), Liburing.io_uring_enter2$descriptor());
    private static final MethodHandle REGISTER =
            Downcalls.link(
                    Liburing.io_uring_register$address(), Liburing.io_uring_register$descriptor());

    private RingCalls() {}

    static int setup(int entries, long params) {
        try {
            return (int) (long) SETUP.invokeExact((long) entries, params, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int enter(int fd, int toSubmit, int minComplete, int flags, long arg, long size) {
        try {
            return (int)
                    (long)
                            ENTER.invokeExact(
                                    (long) fd,
                                    (long) toSubmit,
                                    (long) minComplete,
                                    (long) flags,
                                    arg,
                                    size);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int register(int fd, int opcode, long arg, int count) {
        try {
            return (int)
                    (long)
                            REGISTER.invokeExact(
                                    (long) fd, (long) opcode, arg, (long) count, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// A downcall throws nothing by itself; an error of the JVM, such as the end of the stack, is
    /// passed on as what it is.
    private static AssertionError unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return new AssertionError("a downcall threw", e);
    }
}
