package dev.corio.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.corio.generated.Libc;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// The downcalls behind [Linux]: addresses and types from the generated class, but with each
/// pointer as a long, so that a call boxes nothing, and with errno captured into a segment that
/// goes first.
///
/// **Threading:** safe from any thread.
final class LibcCalls {
    static final MethodHandle SOCKET = call(Libc.socket$address(), Libc.socket$descriptor());
    static final MethodHandle BIND = call(Libc.bind$address(), Libc.bind$descriptor());
    static final MethodHandle LISTEN = call(Libc.listen$address(), Libc.listen$descriptor());
    static final MethodHandle CONNECT = call(Libc.connect$address(), Libc.connect$descriptor());
    static final MethodHandle ACCEPT4 = call(Libc.accept4$address(), Libc.accept4$descriptor());
    static final MethodHandle GETSOCKNAME =
            call(Libc.getsockname$address(), Libc.getsockname$descriptor());
    static final MethodHandle GETPEERNAME =
            call(Libc.getpeername$address(), Libc.getpeername$descriptor());
    static final MethodHandle GETSOCKOPT =
            call(Libc.getsockopt$address(), Libc.getsockopt$descriptor());
    static final MethodHandle SETSOCKOPT =
            call(Libc.setsockopt$address(), Libc.setsockopt$descriptor());
    static final MethodHandle SHUTDOWN = call(Libc.shutdown$address(), Libc.shutdown$descriptor());
    static final MethodHandle CLOSE = call(Libc.close$address(), Libc.close$descriptor());
    static final MethodHandle RECV = call(Libc.recv$address(), Libc.recv$descriptor());
    static final MethodHandle SEND = call(Libc.send$address(), Libc.send$descriptor());
    static final MethodHandle RECVMSG = call(Libc.recvmsg$address(), Libc.recvmsg$descriptor());
    static final MethodHandle SENDMSG = call(Libc.sendmsg$address(), Libc.sendmsg$descriptor());
    static final MethodHandle READ = call(Libc.read$address(), Libc.read$descriptor());
    static final MethodHandle WRITE = call(Libc.write$address(), Libc.write$descriptor());
    static final MethodHandle READV = call(Libc.readv$address(), Libc.readv$descriptor());
    static final MethodHandle WRITEV = call(Libc.writev$address(), Libc.writev$descriptor());
    static final MethodHandle PREAD = call(Libc.pread$address(), Libc.pread$descriptor());
    static final MethodHandle PWRITE = call(Libc.pwrite$address(), Libc.pwrite$descriptor());
    static final MethodHandle EVENTFD = call(Libc.eventfd$address(), Libc.eventfd$descriptor());
    static final MethodHandle EPOLL_CREATE1 =
            call(Libc.epoll_create1$address(), Libc.epoll_create1$descriptor());
    static final MethodHandle EPOLL_CTL =
            call(Libc.epoll_ctl$address(), Libc.epoll_ctl$descriptor());
    static final MethodHandle EPOLL_WAIT =
            call(Libc.epoll_wait$address(), Libc.epoll_wait$descriptor());
    static final MethodHandle SCHED_GETAFFINITY =
            call(Libc.sched_getaffinity$address(), Libc.sched_getaffinity$descriptor());
    static final MethodHandle SCHED_SETAFFINITY =
            call(Libc.sched_setaffinity$address(), Libc.sched_setaffinity$descriptor());
    static final MethodHandle GETRLIMIT =
            call(Libc.getrlimit$address(), Libc.getrlimit$descriptor());
    static final MethodHandle SETRLIMIT =
            call(Libc.setrlimit$address(), Libc.setrlimit$descriptor());
    static final MethodHandle MMAP = call(Libc.mmap$address(), Libc.mmap$descriptor());
    static final MethodHandle MUNMAP = call(Libc.munmap$address(), Libc.munmap$descriptor());
    static final MethodHandle MPROTECT = call(Libc.mprotect$address(), Libc.mprotect$descriptor());
    static final MethodHandle MADVISE = call(Libc.madvise$address(), Libc.madvise$descriptor());
    static final MethodHandle UNAME = call(Libc.uname$address(), Libc.uname$descriptor());

    /// Only with an int as third argument; that one is variadic.
    static final MethodHandle FCNTL =
            call(
                    Libc.fcntl.address(),
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
                    Linker.Option.firstVariadicArg(2));

    /// Null where libc is older than glibc 2.35. Not in the generated class, which needs each of
    /// its functions.
    static final @Nullable MethodHandle EPOLL_PWAIT2 = epollPwait2();

    private LibcCalls() {}

    private static MethodHandle call(
            MemorySegment function, FunctionDescriptor type, Linker.Option... options) {
        Linker.Option[] all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 1, options.length);
        all[0] = Linker.Option.captureCallState("errno");
        return Linker.nativeLinker().downcallHandle(function, withoutPointers(type), all);
    }

    /// A pointer travels like a long on every processor that Linux runs Java on.
    private static FunctionDescriptor withoutPointers(FunctionDescriptor type) {
        MemoryLayout[] arguments = type.argumentLayouts().toArray(MemoryLayout[]::new);
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = withoutPointer(arguments[i]);
        }
        return FunctionDescriptor.of(withoutPointer(type.returnLayout().orElseThrow()), arguments);
    }

    private static MemoryLayout withoutPointer(MemoryLayout layout) {
        return layout instanceof AddressLayout ? JAVA_LONG : layout;
    }

    private static @Nullable MethodHandle epollPwait2() {
        FunctionDescriptor type =
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
        return Linker.nativeLinker()
                .defaultLookup()
                .find("epoll_pwait2")
                .map(function -> call(function, type))
                .orElse(null);
    }
}
