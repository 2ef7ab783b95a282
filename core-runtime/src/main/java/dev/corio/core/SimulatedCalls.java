package dev.corio.core;

import dev.corio.core.SimulatedSocket.State;
import dev.corio.core.SimulatedTrace.Kind;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.linux.SockAddr;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;

/// Carries a submission queue entry out on a simulated socket, as far as that goes now, with the
/// faults that the seed has for it.
///
/// **Threading:** confined to its core.
final class SimulatedCalls {
    /// The request can't go on before something happens to the socket.
    static final int WAIT = Integer.MIN_VALUE;

    private final SimulatedWorld world;
    private final SimulatedNetwork network;
    private final SimulatedKernel kernel;
    private final BufferStack buffers;

    /// Bytes already sent, or "connect has begun", for the operation in a slot.
    private int[] progress = new int[64];

    private int flags;

    SimulatedCalls(
            SimulatedWorld world,
            SimulatedNetwork network,
            SimulatedKernel kernel,
            BufferStack buffers) {
        this.world = world;
        this.network = network;
        this.kernel = kernel;
        this.buffers = buffers;
    }

    /// A new operation is in this slot.
    void begin(int slot) {
        if (slot >= progress.length) {
            progress = Arrays.copyOf(progress, Math.max(slot + 1, progress.length * 2));
        }
        progress[slot] = 0;
    }

    /// What an operation that is cancelled answers: one that has sent a part, how much.
    int cancelled(Sqe sqe, int slot) {
        if (sqe.opcode() == IoUring.IORING_OP_SEND && progress[slot] > 0) {
            return progress[slot];
        }
        boolean workerWasInterrupted =
                world.faults.transientError() > 0 && world.chance.below(8) == 0;
        return workerWasInterrupted ? -Errno.EINTR : -Errno.ECANCELED;
    }

    /// The flags that belong to the last result.
    int flags() {
        return flags;
    }

    /// The result, or [#WAIT].
    int perform(Sqe sqe, SimulatedSocket socket) {
        flags = 0;
        return switch (sqe.opcode()) {
            case IoUring.IORING_OP_RECV -> receive(sqe, socket);
            case IoUring.IORING_OP_READ -> receiveInto(socket, sqe.address(), sqe.length(), false);
            case IoUring.IORING_OP_RECVMSG, IoUring.IORING_OP_READV -> scatter(sqe, socket);
            case IoUring.IORING_OP_SEND -> send(sqe, socket);
            case IoUring.IORING_OP_WRITE -> sendFrom(socket, sqe.address(), sqe.length());
            case IoUring.IORING_OP_SENDMSG, IoUring.IORING_OP_WRITEV -> gather(sqe, socket);
            case IoUring.IORING_OP_ACCEPT -> accept(sqe, socket);
            case IoUring.IORING_OP_CONNECT -> connect(sqe, socket);
            default -> -Errno.EINVAL;
        };
    }

    private int receive(Sqe sqe, SimulatedSocket socket) {
        boolean peek = (sqe.operationFlags() & Linux.MSG_PEEK) != 0;
        if ((sqe.flags() & IoUring.IOSQE_BUFFER_SELECT) == 0) {
            return receiveInto(socket, sqe.address(), sqe.length(), peek);
        }
        if (buffers.isEmpty() || world.chance.hits(world.faults.emptyGroup())) {
            return -Errno.ENOBUFS;
        }
        int bufferId = buffers.peek();
        int length = buffers.length(bufferId);
        if (sqe.length() > 0) {
            length = Math.min(length, sqe.length());
        }
        int result = receiveInto(socket, buffers.address(bufferId), length, peek);
        if (result > 0) {
            buffers.take();
            flags = CqeFlags.IORING_CQE_F_BUFFER | bufferId << CqeFlags.IORING_CQE_BUFFER_SHIFT;
            if (goesOn(sqe, IoUring.IORING_RECV_MULTISHOT)) {
                flags |= CqeFlags.IORING_CQE_F_MORE;
            }
        }
        return result;
    }

    private int receiveInto(SimulatedSocket socket, long address, int length, boolean peek) {
        int wanted = receivable(socket, length);
        SimulatedStream in = socket.in;
        if (wanted <= 0 || in == null) {
            return wanted;
        }
        in.copy(0, address, wanted);
        if (!peek) {
            take(socket, in, wanted);
        }
        return wanted;
    }

    private int scatter(Sqe sqe, SimulatedSocket socket) {
        int wanted = receivable(socket, (int) Math.min(total(sqe), Integer.MAX_VALUE));
        SimulatedStream in = socket.in;
        if (wanted <= 0 || in == null) {
            return wanted;
        }
        long vector = vector(sqe);
        int done = 0;
        for (int i = 0; done < wanted; i++) {
            int part = (int) Math.min(length(vector, i), wanted - done);
            in.copy(done, base(vector, i), part);
            done += part;
        }
        take(socket, in, wanted);
        return wanted;
    }

    /// How many bytes a receive gets: 0 for the end, or a negative errno, or [#WAIT].
    private int receivable(SimulatedSocket socket, int length) {
        int refusal = refusal(socket);
        if (refusal != 0) {
            return refusal;
        }
        SimulatedStream in = socket.in;
        if (in != null && in.available() > 0) {
            return shortened(Math.min(in.available(), length));
        }
        if (socket.error != 0) {
            return socket.takeError();
        }
        return socket.isInputOver() || length == 0 ? 0 : WAIT;
    }

    private void take(SimulatedSocket socket, SimulatedStream in, int count) {
        in.take(count);
        world.trace(Kind.RECEIVED, -1, count, socket.port());
        network.taken(socket);
    }

    /// With `MSG_WAITALL` goes on until all is sent.
    private int send(Sqe sqe, SimulatedSocket socket) {
        int slot = InFlight.slot(sqe.userData());
        boolean all = (sqe.operationFlags() & Linux.MSG_WAITALL) != 0;
        while (true) {
            int done = progress[slot];
            int result = sendFrom(socket, sqe.address() + done, sqe.length() - done);
            if (result == WAIT) {
                return WAIT;
            }
            if (result < 0) {
                return done > 0 ? done : result;
            }
            progress[slot] = done + result;
            if (!all || done + result == sqe.length()) {
                return done + result;
            }
        }
    }

    private int sendFrom(SimulatedSocket socket, long address, int length) {
        int count = sendable(socket, length);
        SimulatedStream out = socket.out;
        if (count > 0 && out != null) {
            out.put(address, count);
            put(socket, out, count);
        }
        return count;
    }

    private int gather(Sqe sqe, SimulatedSocket socket) {
        int count = sendable(socket, (int) Math.min(total(sqe), Integer.MAX_VALUE));
        SimulatedStream out = socket.out;
        if (count <= 0 || out == null) {
            return count;
        }
        long vector = vector(sqe);
        int done = 0;
        for (int i = 0; done < count; i++) {
            int part = (int) Math.min(length(vector, i), count - done);
            out.put(base(vector, i), part);
            done += part;
        }
        put(socket, out, count);
        return count;
    }

    private int sendable(SimulatedSocket socket, int length) {
        int refusal = refusal(socket);
        if (refusal != 0) {
            return refusal;
        }
        if (socket.error != 0) {
            return socket.takeError();
        }
        SimulatedStream out = socket.out;
        if (socket.shutWrite || socket.state == State.DEAD || out == null) {
            return -Errno.EPIPE;
        }
        if (length == 0) {
            return 0;
        }
        int room = out.room();
        return room == 0 ? WAIT : shortened(Math.min(room, length));
    }

    private void put(SimulatedSocket socket, SimulatedStream out, int count) {
        world.trace(Kind.SENT, -1, count, socket.port());
        network.sent(socket, out);
    }

    /// What keeps a transfer from being tried, or 0.
    private int refusal(SimulatedSocket socket) {
        if (socket.state == State.CONNECTED && world.chance.hits(world.faults.reset())) {
            network.breakConnection(socket);
        }
        if (world.chance.hits(world.faults.transientError())) {
            return -world.chance.oneOf(Errno.EAGAIN, Errno.EINTR, Errno.ENOBUFS, Errno.ENOMEM);
        }
        return switch (socket.state) {
            case FRESH, LISTENING -> -Errno.ENOTCONN;
            case CONNECTING -> WAIT;
            case CONNECTED, DEAD -> 0;
        };
    }

    /// Whether this is a multishot request that does not end for no reason now.
    private boolean goesOn(Sqe sqe, int multishot) {
        return (sqe.ioprio() & multishot) != 0 && !world.chance.hits(world.faults.multishotEnd());
    }

    private int shortened(int count) {
        boolean isShort = count > 1 && world.chance.hits(world.faults.shortTransfer());
        return isShort ? (int) world.chance.between(1, count) : count;
    }

    private int accept(Sqe sqe, SimulatedSocket listener) {
        if (listener.state != State.LISTENING) {
            return -Errno.EINVAL;
        }
        if (listener.backlog.isEmpty()) {
            return WAIT;
        }
        if (world.chance.hits(world.faults.acceptError())) {
            return acceptError(listener);
        }
        int fd = kernel.install(listener.backlog.element());
        if (fd >= 0) {
            listener.backlog.remove();
            listener.backlogTaken--;
        }
        if (fd >= 0 && goesOn(sqe, IoUring.IORING_ACCEPT_MULTISHOT)) {
            flags = CqeFlags.IORING_CQE_F_MORE;
        }
        return fd;
    }

    private int acceptError(SimulatedSocket listener) {
        int errno =
                world.chance.oneOf(
                        Errno.EMFILE,
                        Errno.ENFILE,
                        Errno.ENOMEM,
                        Errno.ENOBUFS,
                        Errno.ECONNABORTED);
        if (errno == Errno.ECONNABORTED) {
            // Its peer has reset it while it was in the backlog.
            SimulatedSocket aborted = listener.backlog.remove();
            listener.backlogTaken--;
            network.breakConnection(aborted);
        }
        return -errno;
    }

    private int connect(Sqe sqe, SimulatedSocket socket) {
        int slot = InFlight.slot(sqe.userData());
        if (progress[slot] == 0) {
            switch (socket.state) {
                case FRESH -> {
                    progress[slot] = 1;
                    InetSocketAddress remote = target(SockAddr.inet(sqe.address()));
                    kernel.bindForConnect(socket, remote);
                    network.connect(socket, remote);
                    return WAIT;
                }
                case CONNECTING -> {
                    return -Errno.EALREADY;
                }
                case CONNECTED, LISTENING -> {
                    return -Errno.EISCONN;
                }
                case DEAD -> {}
            }
        }
        return switch (socket.state) {
            case CONNECTING -> WAIT;
            case CONNECTED -> 0;
            default -> socket.error != 0 ? socket.takeError() : -Errno.ECONNABORTED;
        };
    }

    /// Whoever connects to "any address" means this host.
    private static InetSocketAddress target(InetSocketAddress address) {
        return address.getAddress().isAnyLocalAddress()
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort())
                : address;
    }

    private static long vector(Sqe sqe) {
        return isMessage(sqe)
                ? Memory.getLong(sqe.address() + SimulatedLoans.MSG_IOV)
                : sqe.address();
    }

    private static long total(Sqe sqe) {
        long vector = vector(sqe);
        long count =
                isMessage(sqe)
                        ? Memory.getLong(sqe.address() + SimulatedLoans.MSG_IOVLEN)
                        : sqe.length();
        long total = 0;
        for (int i = 0; i < count; i++) {
            total += length(vector, i);
        }
        return total;
    }

    private static boolean isMessage(Sqe sqe) {
        return sqe.opcode() == IoUring.IORING_OP_RECVMSG
                || sqe.opcode() == IoUring.IORING_OP_SENDMSG;
    }

    private static long base(long vector, int index) {
        return Memory.getLong(vector + (long) index * SimulatedLoans.IOVEC_BYTES);
    }

    private static long length(long vector, int index) {
        return Memory.getLong(vector + (long) index * SimulatedLoans.IOVEC_BYTES + Long.BYTES);
    }
}
