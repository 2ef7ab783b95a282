package dev.corio.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.corio.generated.Libc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// The downcalls behind [Linux]: addresses from the generated class, and errno captured into a
/// segment that goes first.
///
/// All have one type, [Downcalls#TYPE], whatever the function takes.
///
/// **Threading:** safe from any thread.
final class LibcCalls {
    private LibcCalls() {}

    private static MethodHandle call(MemorySegment function, FunctionDescriptor type) {
        return Downcalls.link(function, type, Downcalls.CAPTURE);
    }

    static final class Socket {
        static final MethodHandle CALL = call(Libc.socket$address(), Libc.socket$descriptor());
    }

    static final class Bind {
        static final MethodHandle CALL = call(Libc.bind$address(), Libc.bind$descriptor());
    }

    static final class Listen {
        static final MethodHandle CALL = call(Libc.listen$address(), Libc.listen$descriptor());
    }

    static final class Connect {
        static final MethodHandle CALL = call(Libc.connect$address(), Libc.connect$descriptor());
    }

    static final class Accept4 {
        static final MethodHandle CALL = call(Libc.accept4$address(), Libc.accept4$descriptor());
    }

    static final class Getsockname {
        static final MethodHandle CALL =
                call(Libc.getsockname$address(), Libc.getsockname$descriptor());
    }

    static final class Getpeername {
        static final MethodHandle CALL =
                call(Libc.getpeername$address(), Libc.getpeername$descriptor());
    }

    static final class Getsockopt {
        static final MethodHandle CALL =
                call(Libc.getsockopt$address(), Libc.getsockopt$descriptor());
    }

    static final class Setsockopt {
        static final MethodHandle CALL =
                call(Libc.setsockopt$address(), Libc.setsockopt$descriptor());
    }

    static final class Shutdown {
        static final MethodHandle CALL = call(Libc.shutdown$address(), Libc.shutdown$descriptor());
    }

    static final class Close {
        static final MethodHandle CALL = call(Libc.close$address(), Libc.close$descriptor());
    }

    static final class Recv {
        static final MethodHandle CALL = call(Libc.recv$address(), Libc.recv$descriptor());
    }

    static final class Send {
        static final MethodHandle CALL = call(Libc.send$address(), Libc.send$descriptor());
    }

    static final class Recvmsg {
        static final MethodHandle CALL = call(Libc.recvmsg$address(), Libc.recvmsg$descriptor());
    }

    static final class Sendmsg {
        static final MethodHandle CALL = call(Libc.sendmsg$address(), Libc.sendmsg$descriptor());
    }

    static final class Read {
        static final MethodHandle CALL = call(Libc.read$address(), Libc.read$descriptor());
    }

    static final class Write {
        static final MethodHandle CALL = call(Libc.write$address(), Libc.write$descriptor());
    }

    /// Without errno, and so without memory for it.
    static final class Signal {
        static final MethodHandle CALL =
                Downcalls.link(Libc.write$address(), Libc.write$descriptor());
    }

    static final class Readv {
        static final MethodHandle CALL = call(Libc.readv$address(), Libc.readv$descriptor());
    }

    static final class Writev {
        static final MethodHandle CALL = call(Libc.writev$address(), Libc.writev$descriptor());
    }

    static final class Pread {
        static final MethodHandle CALL = call(Libc.pread$address(), Libc.pread$descriptor());
    }

    static final class Pwrite {
        static final MethodHandle CALL = call(Libc.pwrite$address(), Libc.pwrite$descriptor());
    }

    static final class Eventfd {
        static final MethodHandle CALL = call(Libc.eventfd$address(), Libc.eventfd$descriptor());
    }

    static final class EpollCreate1 {
        static final MethodHandle CALL =
                call(Libc.epoll_create1$address(), Libc.epoll_create1$descriptor());
    }

    static final class EpollCtl {
        static final MethodHandle CALL =
                call(Libc.epoll_ctl$address(), Libc.epoll_ctl$descriptor());
    }

    static final class EpollWait {
        static final MethodHandle CALL =
                call(Libc.epoll_wait$address(), Libc.epoll_wait$descriptor());
    }

    static final class SchedGetaffinity {
        static final MethodHandle CALL =
                call(Libc.sched_getaffinity$address(), Libc.sched_getaffinity$descriptor());
    }

    static final class SchedSetaffinity {
        static final MethodHandle CALL =
                call(Libc.sched_setaffinity$address(), Libc.sched_setaffinity$descriptor());
    }

    static final class Getrlimit {
        static final MethodHandle CALL =
                call(Libc.getrlimit$address(), Libc.getrlimit$descriptor());
    }

    static final class Setrlimit {
        static final MethodHandle CALL =
                call(Libc.setrlimit$address(), Libc.setrlimit$descriptor());
    }

    static final class Mmap {
        static final MethodHandle CALL = call(Libc.mmap$address(), Libc.mmap$descriptor());
    }

    static final class Munmap {
        static final MethodHandle CALL = call(Libc.munmap$address(), Libc.munmap$descriptor());
    }

    static final class Mprotect {
        static final MethodHandle CALL = call(Libc.mprotect$address(), Libc.mprotect$descriptor());
    }

    static final class Madvise {
        static final MethodHandle CALL = call(Libc.madvise$address(), Libc.madvise$descriptor());
    }

    static final class Uname {
        static final MethodHandle CALL = call(Libc.uname$address(), Libc.uname$descriptor());
    }

    /// Only with an int as third argument; that one is variadic, so this has a type of its own.
    static final class Fcntl {
        static final MethodHandle CALL =
                Linker.nativeLinker()
                        .downcallHandle(
                                Libc.fcntl.address(),
                                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
                                Linker.Option.firstVariadicArg(2),
                                Downcalls.CAPTURE);
    }

    /// Null where libc is older than glibc 2.35. Not in the generated class, which needs each of
    /// its functions.
    static final class EpollPwait2 {
        static final @Nullable MethodHandle CALL = find();

        private static @Nullable MethodHandle find() {
            FunctionDescriptor type =
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
            return Linker.nativeLinker()
                    .defaultLookup()
                    .find("epoll_pwait2")
                    .map(function -> call(function, type))
                    .orElse(null);
        }
    }
}
