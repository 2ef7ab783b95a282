package dev.corio.core;

import dev.corio.core.SimulatedSocket.State;
import dev.corio.core.SimulatedTrace.Kind;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What is between simulated sockets: connections that are made, bytes that arrive after a while
/// and in order, ends, and resets, which overtake bytes.
///
/// All addresses are ours: a listener may be bound to any, and is found there.
///
/// **Threading:** confined to its core.
final class SimulatedNetwork {
    private static final long SECOND = 1_000_000_000L;

    /// An unanswered attempt is repeated after 1, 2, 4 … seconds, and given up after this one.
    private static final long RETRY_NANOS_MAX = 64 * SECOND;

    private static final int BUFFER_BYTES = 64 << 10;
    private static final int BUFFER_BYTES_SMALL_MAX = 2 << 10;

    private final SimulatedWorld world;
    private final Consumer<SimulatedSocket> changed;
    private final List<SimulatedSocket> listeners = new ArrayList<>();

    /// @param changed told when somebody who waits for a socket may be able to go on
    SimulatedNetwork(SimulatedWorld world, Consumer<SimulatedSocket> changed) {
        this.world = world;
        this.changed = changed;
    }

    SimulatedSocket open(int family) {
        boolean small = world.chance.hits(world.faults.smallBuffers());
        int bytes = small ? (int) world.chance.between(1, BUFFER_BYTES_SMALL_MAX) : BUFFER_BYTES;
        return new SimulatedSocket(family, bytes);
    }

    void listen(SimulatedSocket socket, int backlog) {
        socket.backlogMax = Math.clamp(backlog, 0, Linux.SOMAXCONN);
        if (socket.state != State.LISTENING) {
            socket.state = State.LISTENING;
            listeners.add(socket);
        }
    }

    /// Begins to connect; `changed` tells the end.
    void connect(SimulatedSocket client, InetSocketAddress remote) {
        client.remote = remote;
        client.state = State.CONNECTING;
        world.trace(Kind.CONNECT, -1, remote.getPort(), client.port());
        if (world.chance.hits(world.faults.connectError())) {
            int errno =
                    world.chance.oneOf(
                            Errno.ECONNREFUSED,
                            Errno.EHOSTUNREACH,
                            Errno.ENETUNREACH,
                            Errno.ETIMEDOUT);
            long delay = errno == Errno.ETIMEDOUT ? 127 * SECOND : world.latencyNanos();
            world.after(delay, () -> refuse(client, errno));
        } else {
            world.after(world.latencyNanos(), () -> knock(client, SECOND));
        }
    }

    private void knock(SimulatedSocket client, long retryNanos) {
        if (client.state != State.CONNECTING) {
            return;
        }
        SimulatedSocket listener = find(client.remote);
        if (listener == null) {
            world.after(world.latencyNanos(), () -> refuse(client, Errno.ECONNREFUSED));
        } else if (listener.backlogTaken <= listener.backlogMax) {
            listener.backlogTaken++;
            world.after(world.latencyNanos(), () -> establish(client, listener));
        } else if (retryNanos > RETRY_NANOS_MAX) {
            refuse(client, Errno.ETIMEDOUT);
        } else {
            world.after(retryNanos, () -> knock(client, 2 * retryNanos));
        }
    }

    private void establish(SimulatedSocket client, SimulatedSocket listener) {
        if (client.state != State.CONNECTING) {
            listener.backlogTaken--;
            return;
        }
        SimulatedSocket server = open(listener.family);
        server.local = client.remote;
        server.remote = client.local;
        server.state = State.CONNECTED;
        client.state = State.CONNECTED;
        server.peer = client;
        client.peer = server;
        server.in = new SimulatedStream(client.sendBytes, server.receiveBytes);
        server.out = new SimulatedStream(server.sendBytes, client.receiveBytes);
        client.in = server.out;
        client.out = server.in;
        world.trace(Kind.CONNECTED, -1, client.port(), 0);
        changed(client);
        world.after(world.latencyNanos(), () -> enter(server, listener));
    }

    private void enter(SimulatedSocket server, SimulatedSocket listener) {
        if (listener.state == State.LISTENING) {
            listener.backlog.add(server);
            changed(listener);
        } else {
            drop(server);
        }
    }

    private void refuse(SimulatedSocket client, int errno) {
        if (client.state == State.CONNECTING) {
            world.trace(Kind.REFUSED, -1, errno, 0);
            client.state = State.DEAD;
            client.error = errno;
            changed(client);
        }
    }

    /// Later, though not in time: who asks may be in the middle of a call on that socket.
    private void changed(SimulatedSocket socket) {
        world.after(0, () -> changed.accept(socket));
    }

    private @Nullable SimulatedSocket find(@Nullable InetSocketAddress address) {
        List<SimulatedSocket> found = new ArrayList<>();
        for (SimulatedSocket each : listeners) {
            if (address != null && each.local != null && overlap(each.local, address)) {
                found.add(each);
            }
        }
        return found.isEmpty() ? null : found.get(world.chance.below(found.size()));
    }

    /// Whether somebody at one address can be found at the other.
    static boolean overlap(InetSocketAddress one, InetSocketAddress other) {
        InetAddress first = one.getAddress();
        InetAddress second = other.getAddress();
        return one.getPort() == other.getPort()
                && (first.isAnyLocalAddress()
                        || second.isAnyLocalAddress()
                        || first.equals(second));
    }

    /// Bytes were put into the output of a socket: lets them arrive.
    void sent(SimulatedSocket from, SimulatedStream stream) {
        long position = stream.written;
        onArrival(stream, () -> arrive(from, stream, position));
    }

    /// Ends the output of a socket, behind its last byte.
    void end(SimulatedSocket from) {
        SimulatedStream stream = from.out;
        if (stream != null && !stream.ended) {
            stream.ended = true;
            onArrival(stream, () -> arriveEnd(from, stream));
        }
    }

    /// Bytes were taken: the sender has room again, once it hears of it.
    void taken(SimulatedSocket by) {
        SimulatedSocket peer = by.peer;
        if (peer != null) {
            world.after(world.stepNanos(), () -> changed.accept(peer));
        }
    }

    /// Something between the two ends breaks the connection.
    void breakConnection(SimulatedSocket socket) {
        sendReset(socket);
        reset(socket);
    }

    /// Closes a socket that no descriptor refers to any more.
    void close(SimulatedSocket socket) {
        switch (socket.state) {
            case FRESH, DEAD -> {}
            case LISTENING -> stopListening(socket);
            case CONNECTING -> socket.state = State.DEAD;
            case CONNECTED -> closeConnection(socket);
        }
        if (socket.in != null) {
            socket.in.abandoned = true;
        }
    }

    /// What `shutdown(2)` answers.
    int shutdown(SimulatedSocket socket, int how) {
        switch (socket.state) {
            case FRESH, DEAD -> {
                return -Errno.ENOTCONN;
            }
            case LISTENING -> {
                if (how != Linux.SHUT_WR) {
                    stopListening(socket);
                }
            }
            case CONNECTING -> refuse(socket, Errno.ECONNRESET);
            case CONNECTED -> {
                if (isOver(socket)) {
                    return -Errno.ENOTCONN;
                }
                if (how != Linux.SHUT_RD) {
                    socket.shutWrite = true;
                    end(socket);
                }
                socket.shutRead |= how != Linux.SHUT_WR;
            }
        }
        changed(socket);
        return 0;
    }

    /// Whether both ends have ended their output: Linux has no connection any more then.
    private static boolean isOver(SimulatedSocket socket) {
        SimulatedStream in = socket.in;
        SimulatedStream out = socket.out;
        return in != null && in.ended && out != null && out.ended;
    }

    private void stopListening(SimulatedSocket listener) {
        listeners.remove(listener);
        listener.state = State.DEAD;
        listener.backlog.forEach(this::drop);
        listener.backlog.clear();
    }

    /// Ends a connection that nobody took.
    private void drop(SimulatedSocket server) {
        if (server.state == State.CONNECTED) {
            sendReset(server);
            server.state = State.DEAD;
        }
        if (server.in != null) {
            server.in.abandoned = true;
        }
    }

    private void closeConnection(SimulatedSocket socket) {
        SimulatedStream in = socket.in;
        if (socket.lingersShort || (in != null && in.available() > 0)) {
            sendReset(socket);
        } else {
            end(socket);
        }
        socket.state = State.DEAD;
    }

    private void onArrival(SimulatedStream stream, Runnable action) {
        long nanos = world.nowNanos() + world.latencyNanos();
        stream.lastArrivalNanos = Math.max(stream.lastArrivalNanos, nanos);
        world.at(stream.lastArrivalNanos, action);
    }

    private void arrive(SimulatedSocket from, SimulatedStream stream, long position) {
        SimulatedSocket to = from.peer;
        if (stream.abandoned || to == null) {
            reset(from);
            return;
        }
        if (to.state == State.DEAD) {
            // It was reset, which its peer will learn.
            return;
        }
        stream.arrived = Math.max(stream.arrived, position);
        world.trace(Kind.ARRIVED, -1, stream.arrived, from.port());
        changed(to);
    }

    private void arriveEnd(SimulatedSocket from, SimulatedStream stream) {
        SimulatedSocket to = from.peer;
        if (to != null && to.state != State.DEAD) {
            stream.endArrived = true;
            world.trace(Kind.END_ARRIVED, -1, stream.arrived, from.port());
            changed(to);
        }
    }

    private void sendReset(SimulatedSocket from) {
        SimulatedSocket peer = from.peer;
        if (peer != null) {
            world.after(world.latencyNanos(), () -> reset(peer));
        }
    }

    /// A reset arrives: what was received can still be read, then the error, then the end.
    private void reset(SimulatedSocket socket) {
        if (socket.state != State.CONNECTED) {
            return;
        }
        world.trace(Kind.RESET, -1, Errno.ECONNRESET, socket.port());
        socket.state = State.DEAD;
        socket.error = Errno.ECONNRESET;
        if (socket.in != null) {
            socket.in.cut();
        }
        changed(socket);
    }
}
