package dev.corio.core;

import dev.corio.linux.SockAddr;

/// The calls on sockets that are not operations, because they never wait: a core's own way to its
/// kernel, so that nothing above the drivers goes behind their back. Got from [Core#sockets].
///
/// Each method is the system call of that name, with the kernel's answer: `>= 0`, or a negative
/// errno. Who opens a descriptor here owns it and closes it, until a [Descriptor] takes it over.
///
/// **Threading:** confined to its core, but for [#close], which may wait when the socket lingers
/// and is then called beside the core.
public sealed interface Sockets permits LinuxSockets, SimulatedKernel {
    /// A new socket; `type` takes `SOCK_CLOEXEC` too.
    int socket(int domain, int type, int protocol);

    /// Gives a socket its own address.
    int bind(int fd, SockAddr address);

    /// Lets a socket take connections.
    int listen(int fd, int backlog);

    /// The value of an option that is an int.
    int getsockopt(int fd, int level, int option);

    /// Sets an option that is an int.
    int setsockopt(int fd, int level, int option, int value);

    /// Sets `SO_LINGER`: what [#close] does with bytes that are not sent yet.
    int setsockoptLinger(int fd, boolean on, int seconds);

    /// Fills `into` with the socket's own address.
    int getsockname(int fd, SockAddr into);

    /// Fills `into` with the address of the socket's peer.
    int getpeername(int fd, SockAddr into);

    /// Ends one direction of a connection or both: `SHUT_RD`, `SHUT_WR`, `SHUT_RDWR`.
    int shutdown(int fd, int how);

    /// Another number for the same socket (`F_DUPFD_CLOEXEC`), which is closed with the last one.
    int duplicate(int fd);

    /// Closes a descriptor of any kind. It is gone even when the answer is an error.
    int close(int fd);
}
