package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;

/// The sockets of the kernel below us.
///
/// **Threading:** safe from any thread.
final class LinuxSockets implements Sockets {
    @Override
    public int socket(int domain, int type, int protocol) {
        return Linux.socket(domain, type, protocol);
    }

    @Override
    public int bind(int fd, SockAddr address) {
        return Linux.bind(fd, address);
    }

    @Override
    public int listen(int fd, int backlog) {
        return Linux.listen(fd, backlog);
    }

    @Override
    public int getsockopt(int fd, int level, int option) {
        return Linux.getsockopt(fd, level, option);
    }

    @Override
    public int setsockopt(int fd, int level, int option, int value) {
        return Linux.setsockopt(fd, level, option, value);
    }

    @Override
    public int setsockoptLinger(int fd, boolean on, int seconds) {
        return Linux.setsockoptLinger(fd, on, seconds);
    }

    @Override
    public int getsockname(int fd, SockAddr into) {
        return Linux.getsockname(fd, into);
    }

    @Override
    public int getpeername(int fd, SockAddr into) {
        return Linux.getpeername(fd, into);
    }

    @Override
    public int shutdown(int fd, int how) {
        return Linux.shutdown(fd, how);
    }

    @Override
    public int duplicate(int fd) {
        return Linux.fcntl(fd, Linux.F_DUPFD_CLOEXEC, 0);
    }

    @Override
    public int close(int fd) {
        return Linux.close(fd);
    }
}
