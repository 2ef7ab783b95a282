package dev.corio.uring;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.corio.generated.Liburing;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The three system calls of io_uring through liburing, which answers `-errno` by itself. Pointers
/// travel as longs, so that nothing is boxed.
///
/// The class cannot be initialised without liburing: ask [IoUring#libraryProblem()] first.
///
/// **Threading:** safe from any thread.
final class RingCalls {
    private static final MethodHandle SETUP =
            call(Liburing.io_uring_setup$address(), Liburing.io_uring_setup$descriptor());
    private static final MethodHandle ENTER =
            call(Liburing.io_uring_enter2$address(), Liburing.io_uring_enter2$descriptor());
    private static final MethodHandle REGISTER =
            call(Liburing.io_uring_register$address(), Liburing.io_uring_register$descriptor());

    private RingCalls() {}

    static int setup(int entries, long params) {
        try {
            return (int) SETUP.invokeExact(entries, params);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int enter(int fd, int toSubmit, int minComplete, int flags, long arg, long size) {
        try {
            return (int) ENTER.invokeExact(fd, toSubmit, minComplete, flags, arg, size);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int register(int fd, int opcode, long arg, int count) {
        try {
            return (int) REGISTER.invokeExact(fd, opcode, arg, count);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static MethodHandle call(MemorySegment function, FunctionDescriptor type) {
        MemoryLayout[] arguments =
                type.argumentLayouts().stream()
                        .map(layout -> layout instanceof AddressLayout ? JAVA_LONG : layout)
                        .toArray(MemoryLayout[]::new);
        FunctionDescriptor withoutPointers =
                FunctionDescriptor.of(type.returnLayout().orElseThrow(), arguments);
        return Linker.nativeLinker().downcallHandle(function, withoutPointers);
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
