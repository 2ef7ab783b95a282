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
    private static final int TYPE_UNKNOWN = 0;

    final int fd;
    final OperationQueue readers = new OperationQueue();
    final OperationQueue writers = new OperationQueue();
    boolean registered;
    boolean readable = true;
    boolean writable = true;
    private boolean inputEnded;
    private int type = TYPE_UNKNOWN;

    EpollFile(int fd) {
        this.fd = fd;
    }

    /// Notes what `epoll_wait` reported.
    void report(int events) {
        if ((events & (Linux.EPOLLIN | Linux.EPOLLRDHUP | Linux.EPOLLHUP | Linux.EPOLLERR)) != 0) {
            readable = true;
        }
        if ((events & (Linux.EPOLLOUT | Linux.EPOLLHUP | Linux.EPOLLERR)) != 0) {
            writable = true;
        }
        if ((events & (Linux.EPOLLRDHUP | Linux.EPOLLHUP | Linux.EPOLLERR)) != 0) {
            inputEnded = true;
        }
    }

    /// A receive got fewer bytes than it asked for. On a stream this means that the next one would
    /// find nothing, unless the end of the input was already reported: no further edge tells of
    /// that.
    void receivedShort() {
        if (type == TYPE_UNKNOWN) {
            type = Linux.getsockopt(fd, Linux.SOL_SOCKET, Linux.SO_TYPE);
        }
        if (type == Linux.SOCK_STREAM && !inputEnded) {
            readable = false;
        }
    }
}
