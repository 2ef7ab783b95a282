package dev.corio.core;

import dev.corio.linux.Linux;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a simulated kernel knows of one TCP socket, and who waits for it.
///
/// **Threading:** confined to its core.
final class SimulatedSocket {
    enum State {
        FRESH,
        LISTENING,
        CONNECTING,
        CONNECTED,
        /// Reset, refused, or shut down while it was listening or connecting.
        DEAD
    }

    final int family;
    final Map<Long, Integer> options = new HashMap<>();
    final OperationQueue readers = new OperationQueue();
    final OperationQueue writers = new OperationQueue();
    final OperationQueue pollers = new OperationQueue();

    /// When the last completion of a direction is handed out: the next one is not earlier.
    long readLaneNanos;

    long writeLaneNanos;

    /// Operations that name it and are not completed.
    int inFlight;

    /// Descriptors that refer to it.
    int references;

    State state = State.FRESH;
    @Nullable InetSocketAddress local;
    boolean bound;
    @Nullable InetSocketAddress remote;
    @Nullable SimulatedSocket peer;
    @Nullable SimulatedStream in;
    @Nullable SimulatedStream out;
    int sendBytes;
    int receiveBytes;

    /// An errno that the next call gets, once.
    int error;

    boolean shutRead;
    boolean shutWrite;
    boolean lingersShort;

    /// Connections that nobody has accepted.
    final ArrayDeque<SimulatedSocket> backlog = new ArrayDeque<>();

    /// Of [#backlog] and of those that are about to enter it.
    int backlogTaken;

    int backlogMax;

    SimulatedSocket(int family, int bufferBytes) {
        this.family = family;
        sendBytes = bufferBytes;
        receiveBytes = bufferBytes;
    }

    int port() {
        return local == null ? 0 : local.getPort();
    }

    /// The pending error as a result, and forgets it; 0 when there is none.
    int takeError() {
        int result = -error;
        error = 0;
        return result;
    }

    boolean isInputOver() {
        return shutRead || state == State.DEAD || (in != null && in.endArrived);
    }

    /// The `POLL*` that hold now.
    int readiness() {
        int ready = error != 0 ? Linux.POLLERR | Linux.POLLIN | Linux.POLLOUT : 0;
        if (!backlog.isEmpty() || (in != null && in.available() > 0)) {
            ready |= Linux.POLLIN;
        }
        if (isInputOver()) {
            ready |= Linux.POLLIN | Linux.POLLRDHUP;
        }
        boolean outputOver = shutWrite || state == State.DEAD;
        if (outputOver || (out != null && out.room() > 0)) {
            ready |= Linux.POLLOUT;
        }
        if (state == State.FRESH) {
            ready |= Linux.POLLOUT | Linux.POLLHUP;
        }
        if (outputOver && isInputOver()) {
            ready |= Linux.POLLHUP;
        }
        return ready;
    }
}
