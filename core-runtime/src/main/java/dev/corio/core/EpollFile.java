package dev.corio.core;

import dev.corio.linux.Linux;

/// What [EpollDriver] knows of one descriptor: who waits for it, and whether a call is worth
/// trying.
///
/// Registration is edge-triggered and happens once, when an operation first has to wait. Edges only
/// tell of news, so what is known is kept: a direction counts as ready until a call says `EAGAIN`,
/// or a stream delivers less than was asked for, which says the same.
///
/// **Threading:** confined to its core.
final class EpollFile {
    private static final int PROTOCOL_UNKNOWN = -1;
    private static final int INPUT = Linux.EPOLLIN | Linux.EPOLLPRI | Linux.EPOLLRDHUP;
    private static final int BOTH = Linux.EPOLLHUP | Linux.EPOLLERR;

    final int fd;
    final OperationQueue readers = new OperationQueue();
    final OperationQueue writers = new OperationQueue();

    /// Those who only wait for readiness, of either direction.
    final OperationQueue pollers = new OperationQueue();

    boolean registered;
    boolean readable = true;
    boolean writable = true;

    /// A short receive says nothing: the input has ended, or urgent data interrupts it.
    private boolean shortSaysNothing;

    private int protocol = PROTOCOL_UNKNOWN;

    EpollFile(int fd) {
        this.fd = fd;
    }

    /// Notes what `epoll_wait` reported.
    void report(int events) {
        if ((events & (INPUT | BOTH)) != 0) {
            readable = true;
        }
        if ((events & (Linux.EPOLLOUT | BOTH)) != 0) {
            writable = true;
        }
        if ((events & (Linux.EPOLLPRI | Linux.EPOLLRDHUP | BOTH)) != 0) {
            shortSaysNothing = true;
        }
    }

    /// A receive got fewer bytes than it asked for. On TCP this means that the next one would find
    /// nothing, unless the end of the input was already reported, of which no further edge tells,
    /// or there is urgent data, at which each receive stops.
    void receivedShort() {
        if (protocol == PROTOCOL_UNKNOWN) {
            protocol = Linux.getsockopt(fd, Linux.SOL_SOCKET, Linux.SO_PROTOCOL);
        }
        if (protocol == Linux.IPPROTO_TCP && !shortSaysNothing) {
            readable = false;
        }
    }
}
