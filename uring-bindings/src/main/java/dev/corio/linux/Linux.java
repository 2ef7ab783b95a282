package dev.corio.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.corio.generated.linger;
import dev.corio.generated.rlimit;
import dev.corio.generated.timespec;
import dev.corio.generated.utsname;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.BitSet;

/// One static method per system call, with the kernel's names and numbers. Each answers `>= 0` or
/// `-errno`; addresses are longs and stay the caller's. Where the answer is no number, a failure is
/// a [SyscallException].
///
/// No call here is retried: EINTR comes back as `-EINTR`. A call that waits holds its thread, and a
/// virtual thread's carrier.
///
/// Nothing allocates on a platform thread except what says so. On a virtual thread each call
/// allocates the few bytes that catch errno.
///
/// **Threading:** safe from any thread.
public final class Linux {
    // Address families, socket types and protocols.
    public static final int AF_UNSPEC = 0;
    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_SEQPACKET = 5;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x80000;
    public static final int SOMAXCONN = 4096;
    public static final int IPPROTO_IP = 0;
    public static final int IPPROTO_TCP = 6;
    public static final int IPPROTO_UDP = 17;
    public static final int IPPROTO_IPV6 = 41;

    // Socket options by level: SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6, SOL_UDP.
    public static final int SOL_SOCKET = 1;
    public static final int SOL_TCP = 6;
    public static final int SOL_UDP = 17;
    public static final int SO_REUSEADDR = 2;
    public static final int SO_TYPE = 3;
    public static final int SO_ERROR = 4;
    public static final int SO_BROADCAST = 6;
    public static final int SO_SNDBUF = 7;
    public static final int SO_RCVBUF = 8;
    public static final int SO_KEEPALIVE = 9;
    public static final int SO_LINGER = 13;
    public static final int SO_REUSEPORT = 15;
    public static final int SO_RCVLOWAT = 18;
    public static final int SO_SNDLOWAT = 19;
    public static final int SO_ACCEPTCONN = 30;
    public static final int SO_PROTOCOL = 38;
    public static final int SO_DOMAIN = 39;
    public static final int SO_BUSY_POLL = 46;
    public static final int SO_INCOMING_CPU = 49;
    public static final int SO_ZEROCOPY = 60;
    public static final int SO_PREFER_BUSY_POLL = 69;
    public static final int TCP_NODELAY = 1;
    public static final int TCP_MAXSEG = 2;
    public static final int TCP_CORK = 3;
    public static final int TCP_KEEPIDLE = 4;
    public static final int TCP_KEEPINTVL = 5;
    public static final int TCP_KEEPCNT = 6;
    public static final int TCP_SYNCNT = 7;
    public static final int TCP_LINGER2 = 8;
    public static final int TCP_DEFER_ACCEPT = 9;
    public static final int TCP_INFO = 11;
    public static final int TCP_QUICKACK = 12;
    public static final int TCP_CONGESTION = 13;
    public static final int TCP_USER_TIMEOUT = 18;
    public static final int TCP_FASTOPEN = 23;
    public static final int TCP_NOTSENT_LOWAT = 25;
    public static final int TCP_FASTOPEN_CONNECT = 30;
    public static final int TCP_INQ = 36;
    public static final int IP_TOS = 1;
    public static final int IP_TTL = 2;
    public static final int IP_TRANSPARENT = 19;
    public static final int IP_BIND_ADDRESS_NO_PORT = 24;
    public static final int IP_FREEBIND = 15;
    public static final int IPV6_V6ONLY = 26;
    public static final int IPV6_TCLASS = 67;
    public static final int UDP_SEGMENT = 103;
    public static final int UDP_GRO = 104;

    // Flags of send and receive, and directions of shutdown.
    public static final int MSG_OOB = 0x1;
    public static final int MSG_PEEK = 0x2;
    public static final int MSG_CTRUNC = 0x8;
    public static final int MSG_TRUNC = 0x20;
    public static final int MSG_DONTWAIT = 0x40;
    public static final int MSG_WAITALL = 0x100;
    public static final int MSG_NOSIGNAL = 0x4000;
    public static final int MSG_MORE = 0x8000;
    public static final int MSG_ERRQUEUE = 0x2000;
    public static final int MSG_CMSG_CLOEXEC = 0x40000000;
    public static final int MSG_ZEROCOPY = 0x4000000;
    public static final int SHUT_RD = 0;
    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;

    // Readiness.
    public static final int EPOLL_CTL_ADD = 1;
    public static final int EPOLL_CTL_DEL = 2;
    public static final int EPOLL_CTL_MOD = 3;
    public static final int EPOLL_CLOEXEC = 0x80000;
    public static final int EPOLLIN = 0x1;
    public static final int EPOLLPRI = 0x2;
    public static final int EPOLLOUT = 0x4;
    public static final int EPOLLERR = 0x8;
    public static final int EPOLLHUP = 0x10;
    public static final int EPOLLRDHUP = 0x2000;
    public static final int EPOLLEXCLUSIVE = 0x10000000;
    public static final int EPOLLWAKEUP = 0x20000000;
    public static final int EPOLLONESHOT = 0x40000000;
    public static final int EPOLLET = 0x80000000;
    public static final int POLLIN = 0x1;
    public static final int POLLPRI = 0x2;
    public static final int POLLOUT = 0x4;
    public static final int POLLERR = 0x8;
    public static final int POLLHUP = 0x10;
    public static final int POLLNVAL = 0x20;
    public static final int POLLRDHUP = 0x2000;
    public static final int EFD_SEMAPHORE = 0x1;
    public static final int EFD_CLOEXEC = 0x80000;
    public static final int EFD_NONBLOCK = 0x800;

    // Descriptors and files, where x86-64 and aarch64 agree.
    public static final int F_DUPFD = 0;
    public static final int F_GETFD = 1;
    public static final int F_SETFD = 2;
    public static final int F_GETFL = 3;
    public static final int F_SETFL = 4;
    public static final int F_DUPFD_CLOEXEC = 1030;
    public static final int FD_CLOEXEC = 1;
    public static final int O_RDONLY = 0x0;
    public static final int O_WRONLY = 0x1;
    public static final int O_RDWR = 0x2;
    public static final int O_ACCMODE = 0x3;
    public static final int O_CREAT = 0x40;
    public static final int O_EXCL = 0x80;
    public static final int O_TRUNC = 0x200;
    public static final int O_APPEND = 0x400;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_DSYNC = 0x1000;
    public static final int O_CLOEXEC = 0x80000;

    // Memory.
    public static final int PROT_NONE = 0;
    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    public static final int MAP_SHARED = 0x1;
    public static final int MAP_PRIVATE = 0x2;
    public static final int MAP_FIXED = 0x10;
    public static final int MAP_ANONYMOUS = 0x20;
    public static final int MAP_NORESERVE = 0x4000;
    public static final int MAP_POPULATE = 0x8000;
    public static final int MAP_HUGETLB = 0x40000;
    public static final int MAP_FIXED_NOREPLACE = 0x100000;
    public static final int MADV_WILLNEED = 3;
    public static final int MADV_DONTNEED = 4;
    public static final int MADV_FREE = 8;
    public static final int MADV_DONTFORK = 10;
    public static final int MADV_DOFORK = 11;
    public static final int MADV_HUGEPAGE = 14;

    // Limits of the process.
    public static final int RLIMIT_CPU = 0;
    public static final int RLIMIT_DATA = 2;
    public static final int RLIMIT_STACK = 3;
    public static final int RLIMIT_CORE = 4;
    public static final int RLIMIT_NPROC = 6;
    public static final int RLIMIT_NOFILE = 7;
    public static final int RLIMIT_MEMLOCK = 8;
    public static final int RLIMIT_AS = 9;

    /// What [#getsockoptLinger(int)] answers when close does not linger.
    public static final int LINGER_OFF = Integer.MIN_VALUE;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000L;

    // The kernel wants room for all CPUs it was built for: 1,024 at first, never more than this.
    private static final long AFFINITY_BYTES_MIN = 128;
    private static final long AFFINITY_BYTES_MAX = 1 << 16;

    private Linux() {}

    /// A new socket: its descriptor. `type` takes SOCK_CLOEXEC and SOCK_NONBLOCK too.
    public static int socket(int domain, int type, int protocol) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Socket.CALL.invokeExact(
                                            scratch.capture,
                                            (long) domain,
                                            (long) type,
                                            (long) protocol,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Gives a socket its own address.
    public static int bind(int fd, SockAddr address) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Bind.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            address.address(),
                                            (long) address.length(),
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Lets a socket take connections; the kernel cuts `backlog` to `net.core.somaxconn`.
    public static int listen(int fd, int backlog) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Listen.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            (long) backlog,
                                            0L,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Connects a socket to the address of `length` bytes at `address`.
    public static int connect(int fd, long address, int length) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Connect.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            address,
                                            (long) length,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Connects a socket to an address.
    public static int connect(int fd, SockAddr address) {
        return connect(fd, address.address(), address.length());
    }

    /// Takes a connection: its descriptor. The peer's address goes to `address`, its length to
    /// `lengthAddress`, which holds the room there is; both may be 0.
    public static int accept4(int fd, long address, long lengthAddress, int flags) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Accept4.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            address,
                                            lengthAddress,
                                            (long) flags,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Fills `into` with the socket's own address.
    public static int getsockname(int fd, SockAddr into) {
        into.reset();
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Getsockname.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            into.address(),
                                            into.lengthAddress(),
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Fills `into` with the socket's peer's address.
    public static int getpeername(int fd, SockAddr into) {
        into.reset();
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Getpeername.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            into.address(),
                                            into.lengthAddress(),
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// The value of a socket option that is an int. A negative value of an option cannot be told
    /// from an error; no option that has a constant here has one.
    public static int getsockopt(int fd, int level, int option) {
        try (Scratch scratch = Scratch.current()) {
            int result = getsockopt(scratch, fd, level, option, Integer.BYTES);
            return result < 0 ? result : Memory.getInt(scratch.argument);
        }
    }

    /// Sets a socket option that is an int.
    public static int setsockopt(int fd, int level, int option, int value) {
        try (Scratch scratch = Scratch.current()) {
            Memory.putInt(scratch.argument, value);
            return setsockopt(scratch, fd, level, option, Integer.BYTES);
        }
    }

    /// What close does with bytes that are not sent yet: with `on` it waits up to `seconds`, and
    /// with 0 seconds it throws them away and resets the connection.
    public static int setsockoptLinger(int fd, boolean on, int seconds) {
        try (Scratch scratch = Scratch.current()) {
            Memory.putInt(scratch.argument + linger.l_onoff$offset(), on ? 1 : 0);
            Memory.putInt(scratch.argument + linger.l_linger$offset(), seconds);
            return setsockopt(scratch, fd, SOL_SOCKET, SO_LINGER, (int) linger.sizeof());
        }
    }

    /// The seconds that close lingers, [#LINGER_OFF] if it does not, or `-errno`.
    public static int getsockoptLinger(int fd) {
        try (Scratch scratch = Scratch.current()) {
            int result = getsockopt(scratch, fd, SOL_SOCKET, SO_LINGER, (int) linger.sizeof());
            if (result < 0) {
                return result;
            }
            boolean on = Memory.getInt(scratch.argument + linger.l_onoff$offset()) != 0;
            return on ? Memory.getInt(scratch.argument + linger.l_linger$offset()) : LINGER_OFF;
        }
    }

    /// Ends one direction of a connection or both: SHUT_RD, SHUT_WR, SHUT_RDWR.
    public static int shutdown(int fd, int how) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Shutdown.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            (long) how,
                                            0L,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Closes a descriptor. It is gone even when this answers an error; never call it twice.
    public static int close(int fd) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Close.CALL.invokeExact(
                                            scratch.capture, (long) fd, 0L, 0L, 0L, 0L, 0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Receives up to `length` bytes: how many, 0 at the end of the stream.
    public static int recv(int fd, long address, int length, int flags) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Recv.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            address,
                                            (long) length,
                                            (long) flags,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Sends up to `length` bytes: how many.
    public static int send(int fd, long address, int length, int flags) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Send.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            address,
                                            (long) length,
                                            (long) flags,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Receives into the `msghdr` at an address: how many bytes.
    public static int recvmsg(int fd, long msghdr, int flags) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Recvmsg.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            msghdr,
                                            (long) flags,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Sends the `msghdr` at an address: how many bytes.
    public static int sendmsg(int fd, long msghdr, int flags) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Sendmsg.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            msghdr,
                                            (long) flags,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Reads up to `length` bytes: how many, 0 at the end.
    public static int read(int fd, long address, int length) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Read.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            address,
                                            (long) length,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Writes up to `length` bytes: how many.
    public static int write(int fd, long address, int length) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Write.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            address,
                                            (long) length,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Adds the 8 bytes at an address to an event counter, and so wakes who waits for it; whether
    /// that was done. Without a reason it needs no memory of its own: it allocates nothing, on
    /// virtual threads too.
    public static boolean signal(int eventfd, long address) {
        try {
            long written =
                    (long)
                            LibcCalls.Signal.CALL.invokeExact(
                                    (long) eventfd, address, 8L, 0L, 0L, 0L);
            return written == Long.BYTES;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Reads into the `count` buffers of the `iovec` array at an address: how many bytes.
    public static int readv(int fd, long iovec, int count) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Readv.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            iovec,
                                            (long) count,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Writes the `count` buffers of the `iovec` array at an address: how many bytes.
    public static int writev(int fd, long iovec, int count) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Writev.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            iovec,
                                            (long) count,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Reads from a place in a file; the descriptor's own place stays.
    public static int pread(int fd, long address, int length, long offset) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Pread.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            address,
                                            (long) length,
                                            offset,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Writes to a place in a file; the descriptor's own place stays.
    public static int pwrite(int fd, long address, int length, long offset) {
        try (Scratch scratch = Scratch.current()) {
            return (int)
                    scratch.answer(
                            (long)
                                    LibcCalls.Pwrite.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            address,
                                            (long) length,
                                            offset,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// A new event counter: its descriptor.
    public static int eventfd(int initial, int flags) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Eventfd.CALL.invokeExact(
                                            scratch.capture,
                                            (long) initial,
                                            (long) flags,
                                            0L,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// A new epoll instance: its descriptor.
    public static int epollCreate(int flags) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.EpollCreate1.CALL.invokeExact(
                                            scratch.capture, (long) flags, 0L, 0L, 0L, 0L, 0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Adds, changes or removes (`op`: EPOLL_CTL_ADD, …) what epoll watches of `fd`. Events will
    /// carry `data`.
    public static int epollControl(int epfd, int op, int fd, int events, long data) {
        try (Scratch scratch = Scratch.current()) {
            Memory.putInt(scratch.argument, events);
            Memory.putLong(scratch.argument + EpollEvents.DATA, data);
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.EpollCtl.CALL.invokeExact(
                                            scratch.capture,
                                            (long) epfd,
                                            (long) op,
                                            (long) fd,
                                            scratch.argument,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Waits for events: how many there are in `events`, 0 when the time is over. `timeoutNanos` is
    /// 0 for a look without waiting and negative for no limit. Exact where there is `epoll_pwait2`
    /// (Linux 5.11, glibc 2.35), else rounded up to a millisecond.
    public static int epollWait(int epfd, EpollEvents events, long timeoutNanos) {
        boolean isExact = timeoutNanos > 0 && LibcCalls.EpollPwait2.CALL != null;
        if (isExact) {
            int result = epollWaitExactly(epfd, events, timeoutNanos);
            if (result != -Errno.ENOSYS) {
                return result;
            }
        }
        return epollWaitMillis(epfd, events, millisRoundedUp(timeoutNanos));
    }

    /// Controls a descriptor, with commands that take an int or nothing: F_GETFL, F_SETFL, F_SETFD,
    /// ….
    public static int fcntl(int fd, int command, int argument) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int) LibcCalls.Fcntl.CALL.invokeExact(scratch.capture, fd, command, argument));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// The CPUs that the calling thread may run on, in ascending order. They need not begin at 0.
    /// Allocates.
    public static int[] affinity() throws SyscallException {
        int result = -Errno.EINVAL;
        for (long bytes = AFFINITY_BYTES_MIN; bytes <= AFFINITY_BYTES_MAX; bytes *= 2) {
            try (Scratch scratch = Scratch.current();
                    Arena arena = Arena.ofConfined()) {
                MemorySegment mask = arena.allocate(bytes, Long.BYTES);
                result =
                        scratch.answer(
                                (int)
                                        (long)
                                                LibcCalls.SchedGetaffinity.CALL.invokeExact(
                                                        scratch.capture,
                                                        0L,
                                                        bytes,
                                                        mask.address(),
                                                        0L,
                                                        0L,
                                                        0L));
                if (result >= 0) {
                    return BitSet.valueOf(mask.asByteBuffer().order(LITTLE_ENDIAN)).stream()
                            .toArray();
                }
            } catch (Throwable e) {
                throw unexpected(e);
            }
            if (result != -Errno.EINVAL) {
                break;
            }
        }
        throw new SyscallException("sched_getaffinity", -result);
    }

    /// Binds the calling thread to some CPUs. Allocates.
    public static int pinTo(int... cpus) {
        BitSet set = new BitSet();
        for (int cpu : cpus) {
            set.set(cpu);
        }
        long[] words = set.toLongArray();
        try (Scratch scratch = Scratch.current();
                Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocateFrom(JAVA_LONG, words);
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.SchedSetaffinity.CALL.invokeExact(
                                            scratch.capture,
                                            0L,
                                            mask.byteSize(),
                                            mask.address(),
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// A limit of this process, by its RLIMIT_ number.
    public static Rlimit rlimit(int resource) throws SyscallException {
        try (Scratch scratch = Scratch.current()) {
            int result;
            try {
                result =
                        scratch.answer(
                                (int)
                                        (long)
                                                LibcCalls.Getrlimit.CALL.invokeExact(
                                                        scratch.capture,
                                                        (long) resource,
                                                        scratch.argument,
                                                        0L,
                                                        0L,
                                                        0L,
                                                        0L));
            } catch (Throwable e) {
                throw unexpected(e);
            }
            if (result < 0) {
                throw new SyscallException("getrlimit(" + resource + ")", -result);
            }
            return new Rlimit(
                    Memory.getLong(scratch.argument + rlimit.rlim_cur$offset()),
                    Memory.getLong(scratch.argument + rlimit.rlim_max$offset()));
        }
    }

    /// Changes a limit of this process.
    public static int setRlimit(int resource, Rlimit limit) {
        try (Scratch scratch = Scratch.current()) {
            Memory.putLong(scratch.argument + rlimit.rlim_cur$offset(), limit.soft());
            Memory.putLong(scratch.argument + rlimit.rlim_max$offset(), limit.hard());
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Setrlimit.CALL.invokeExact(
                                            scratch.capture,
                                            (long) resource,
                                            scratch.argument,
                                            0L,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Maps private pages, all zero, that take memory only when they are touched: their address.
    public static long mapPages(long bytes) {
        return mmap(
                0,
                bytes,
                PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1,
                0);
    }

    /// Maps memory: its address.
    public static long mmap(
            long address, long length, int protection, int flags, int fd, long offset) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (long)
                            LibcCalls.Mmap.CALL.invokeExact(
                                    scratch.capture,
                                    address,
                                    length,
                                    (long) protection,
                                    (long) flags,
                                    (long) fd,
                                    offset));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Gives mapped memory back.
    public static int munmap(long address, long length) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Munmap.CALL.invokeExact(
                                            scratch.capture, address, length, 0L, 0L, 0L, 0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Changes what may be done with mapped memory. PROT_NONE makes a submitted operation on it
    /// answer -EFAULT instead of touching it.
    public static int mprotect(long address, long length, int protection) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Mprotect.CALL.invokeExact(
                                            scratch.capture,
                                            address,
                                            length,
                                            (long) protection,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Tells the kernel what mapped memory is for.
    public static int madvise(long address, long length, int advice) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Madvise.CALL.invokeExact(
                                            scratch.capture,
                                            address,
                                            length,
                                            (long) advice,
                                            0L,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// The release of the running kernel, `"6.1.0-18-amd64"`. For people only: distributions carry
    /// features back, so ask [dev.corio.uring.RingFeatures] what there is. Allocates.
    public static String kernelRelease() {
        try (Scratch scratch = Scratch.current();
                Arena arena = Arena.ofConfined()) {
            MemorySegment names = arena.allocate(utsname.layout());
            int result =
                    scratch.answer(
                            (int)
                                    (long)
                                            LibcCalls.Uname.CALL.invokeExact(
                                                    scratch.capture,
                                                    names.address(),
                                                    0L,
                                                    0L,
                                                    0L,
                                                    0L,
                                                    0L));
            assert result == 0 : "uname cannot fail";
            return names.getString(utsname.release$offset());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int getsockopt(Scratch scratch, int fd, int level, int option, int bytes) {
        long value = scratch.argument;
        long length = scratch.argument + 16;
        Memory.putInt(length, bytes);
        try {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Getsockopt.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            (long) level,
                                            (long) option,
                                            value,
                                            length,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int setsockopt(Scratch scratch, int fd, int level, int option, int bytes) {
        long value = scratch.argument;
        try {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.Setsockopt.CALL.invokeExact(
                                            scratch.capture,
                                            (long) fd,
                                            (long) level,
                                            (long) option,
                                            value,
                                            (long) bytes,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int epollWaitExactly(int epfd, EpollEvents events, long timeoutNanos) {
        MethodHandle epollPwait2 = LibcCalls.EpollPwait2.CALL;
        assert epollPwait2 != null : "ask for epoll_pwait2 first";
        try (Scratch scratch = Scratch.current()) {
            long time = events.timespecAddress();
            Memory.putLong(time + timespec.tv_sec$offset(), timeoutNanos / NANOS_PER_SECOND);
            Memory.putLong(time + timespec.tv_nsec$offset(), timeoutNanos % NANOS_PER_SECOND);
            return scratch.answer(
                    (int)
                            (long)
                                    epollPwait2.invokeExact(
                                            scratch.capture,
                                            (long) epfd,
                                            events.address(),
                                            (long) events.capacity(),
                                            time,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int epollWaitMillis(int epfd, EpollEvents events, int millis) {
        try (Scratch scratch = Scratch.current()) {
            return scratch.answer(
                    (int)
                            (long)
                                    LibcCalls.EpollWait.CALL.invokeExact(
                                            scratch.capture,
                                            (long) epfd,
                                            events.address(),
                                            (long) events.capacity(),
                                            (long) millis,
                                            0L,
                                            0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int millisRoundedUp(long nanos) {
        if (nanos < 0) {
            return -1;
        }
        long millis = nanos / NANOS_PER_MILLI + (nanos % NANOS_PER_MILLI == 0 ? 0 : 1);
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }

    /// A downcall throws nothing by itself: what comes out of one is an error of ours.
    private static RuntimeException unexpected(Throwable e) {
        return switch (e) {
            case RuntimeException unchecked -> unchecked;
            case Error error -> throw error;
            default -> throw new AssertionError("a downcall threw", e);
        };
    }
}
