package dev.corio.core;

import dev.corio.core.SimulatedSocket.State;
import dev.corio.core.SimulatedTrace.Kind;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The descriptors of a simulated kernel, and the calls on them that never wait. TCP over IPv4 and
/// IPv6 is what it has.
///
/// A number that was closed is the next one given out, as Linux does it. The numbers are far above
/// those of real descriptors: whoever bypasses the seam gets `EBADF` and not a stranger's file.
///
/// **Threading:** confined to its core.
final class SimulatedKernel implements Sockets {
    private static final int FD_FIRST = 1 << 20;
    private static final int FDS_MAX = 1 << 16;
    private static final int PORT_FIRST = 32_768;
    private static final int PORTS = 28_232;

    private final SimulatedWorld world;
    private final SimulatedNetwork network;
    private final List<@Nullable SimulatedSocket> files = new ArrayList<>();
    private final BitSet used = new BitSet();
    private int nextPort;

    SimulatedKernel(SimulatedWorld world, SimulatedNetwork network) {
        this.world = world;
        this.network = network;
        nextPort = world.chance.below(PORTS);
    }

    /// The socket behind a descriptor, or null when there is none.
    @Nullable SimulatedSocket find(int fd) {
        int index = fd - FD_FIRST;
        return index >= 0 && index < files.size() ? files.get(index) : null;
    }

    /// Descriptors that are open.
    int openCount() {
        return used.cardinality();
    }

    /// Gives a socket a descriptor: the lowest free number, or `-EMFILE`.
    int install(SimulatedSocket socket) {
        int index = used.nextClearBit(0);
        if (index == FDS_MAX) {
            return -Errno.EMFILE;
        }
        used.set(index);
        if (index == files.size()) {
            files.add(socket);
        } else {
            files.set(index, socket);
        }
        socket.references++;
        world.trace(Kind.SOCKET, -1, FD_FIRST + index, 0);
        return FD_FIRST + index;
    }

    /// Gives a socket that connects an address, if it has none.
    void bindForConnect(SimulatedSocket socket, InetSocketAddress remote) {
        if (socket.local == null) {
            InetAddress host = remote.getAddress();
            socket.local = new InetSocketAddress(host, freePort());
        }
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        if (domain != Linux.AF_INET && domain != Linux.AF_INET6) {
            return -Errno.EAFNOSUPPORT;
        }
        if ((type & 0xF) != Linux.SOCK_STREAM) {
            return -Errno.EPROTONOSUPPORT;
        }
        if (world.chance.hits(world.faults.socketError())) {
            return -world.chance.oneOf(Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS);
        }
        return install(network.open(domain));
    }

    @Override
    public int bind(int fd, SockAddr address) {
        SimulatedSocket socket = find(fd);
        if (socket == null) {
            return -Errno.EBADF;
        }
        if (socket.local != null) {
            return -Errno.EINVAL;
        }
        InetSocketAddress wanted = address.inet();
        if (wanted.getPort() == 0) {
            wanted = new InetSocketAddress(wanted.getAddress(), freePort());
        } else if (isTaken(wanted, socket)) {
            return -Errno.EADDRINUSE;
        }
        socket.local = wanted;
        socket.bound = true;
        world.trace(Kind.BIND, -1, fd, wanted.getPort());
        return 0;
    }

    @Override
    public int listen(int fd, int backlog) {
        SimulatedSocket socket = find(fd);
        if (socket == null) {
            return -Errno.EBADF;
        }
        if (socket.state != State.FRESH && socket.state != State.LISTENING) {
            return -Errno.EINVAL;
        }
        if (socket.local == null) {
            socket.local = new InetSocketAddress(freePort());
        }
        network.listen(socket, backlog);
        return 0;
    }

    @Override
    public int getsockopt(int fd, int level, int option) {
        SimulatedSocket socket = find(fd);
        if (socket == null) {
            return -Errno.EBADF;
        }
        if (level == Linux.SOL_SOCKET) {
            switch (option) {
                case Linux.SO_ERROR -> {
                    return -socket.takeError();
                }
                case Linux.SO_TYPE -> {
                    return Linux.SOCK_STREAM;
                }
                case Linux.SO_PROTOCOL -> {
                    return Linux.IPPROTO_TCP;
                }
                case Linux.SO_SNDBUF -> {
                    return socket.sendBytes;
                }
                case Linux.SO_RCVBUF -> {
                    return socket.receiveBytes;
                }
                default -> {}
            }
        }
        return socket.options.getOrDefault(key(level, option), 0);
    }

    @Override
    public int setsockopt(int fd, int level, int option, int value) {
        SimulatedSocket socket = find(fd);
        if (socket == null) {
            return -Errno.EBADF;
        }
        if (level == Linux.SOL_SOCKET && option == Linux.SO_SNDBUF) {
            // Twice as much, as Linux does it for its own needs.
            socket.sendBytes = 2 * value;
            if (socket.out != null) {
                socket.out.sendBytes = socket.sendBytes;
            }
        } else if (level == Linux.SOL_SOCKET && option == Linux.SO_RCVBUF) {
            socket.receiveBytes = 2 * value;
            if (socket.in != null) {
                socket.in.receiveBytes = socket.receiveBytes;
            }
        }
        socket.options.put(key(level, option), value);
        return 0;
    }

    @Override
    public int setsockoptLinger(int fd, boolean on, int seconds) {
        SimulatedSocket socket = find(fd);
        if (socket == null) {
            return -Errno.EBADF;
        }
        socket.lingersShort = on && seconds == 0;
        return 0;
    }

    @Override
    public int getsockname(int fd, SockAddr into) {
        SimulatedSocket socket = find(fd);
        if (socket == null) {
            return -Errno.EBADF;
        }
        into.set(socket.local == null ? new InetSocketAddress(0) : socket.local);
        return 0;
    }

    @Override
    public int getpeername(int fd, SockAddr into) {
        SimulatedSocket socket = find(fd);
        if (socket == null) {
            return -Errno.EBADF;
        }
        if (socket.state != State.CONNECTED || socket.remote == null) {
            return -Errno.ENOTCONN;
        }
        into.set(socket.remote);
        return 0;
    }

    @Override
    public int shutdown(int fd, int how) {
        world.trace(Kind.SHUTDOWN, -1, fd, how);
        SimulatedSocket socket = find(fd);
        return socket == null ? -Errno.EBADF : network.shutdown(socket, how);
    }

    @Override
    public int duplicate(int fd) {
        SimulatedSocket socket = find(fd);
        return socket == null ? -Errno.EBADF : install(socket);
    }

    @Override
    public int close(int fd) {
        world.trace(Kind.CLOSE, -1, fd, 0);
        SimulatedSocket socket = find(fd);
        if (socket == null) {
            world.violated("fd=" + fd + " was closed, which is not open");
            return -Errno.EBADF;
        }
        if (socket.inFlight > 0) {
            world.violated(
                    "fd="
                            + fd
                            + " was closed with "
                            + socket.inFlight
                            + " operations in flight on it");
        }
        files.set(fd - FD_FIRST, null);
        used.clear(fd - FD_FIRST);
        if (--socket.references == 0) {
            network.close(socket);
        }
        return 0;
    }

    private boolean isTaken(InetSocketAddress address, SimulatedSocket by) {
        for (SimulatedSocket each : files) {
            if (each != null
                    && each.bound
                    && each.local != null
                    && SimulatedNetwork.overlap(each.local, address)
                    && !mayShare(each, by)) {
                return true;
            }
        }
        return false;
    }

    private static boolean mayShare(SimulatedSocket one, SimulatedSocket other) {
        return haveBoth(one, other, Linux.SO_REUSEPORT)
                || (haveBoth(one, other, Linux.SO_REUSEADDR) && one.state != State.LISTENING);
    }

    private static boolean haveBoth(SimulatedSocket one, SimulatedSocket other, int option) {
        long key = key(Linux.SOL_SOCKET, option);
        return one.options.getOrDefault(key, 0) != 0 && other.options.getOrDefault(key, 0) != 0;
    }

    private int freePort() {
        while (true) {
            int port = PORT_FIRST + nextPort;
            nextPort = (nextPort + 1) % PORTS;
            boolean free = true;
            for (SimulatedSocket each : files) {
                free &= each == null || each.port() != port;
            }
            if (free) {
                return port;
            }
        }
    }

    private static long key(int level, int option) {
        return (long) level << 32 | option;
    }
}
