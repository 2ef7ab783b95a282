package dev.corio.core;

import dev.corio.core.SimulatedTrace.Kind;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The life of the requests to a simulated kernel: written, begun after a while, attempted whenever
/// something happens to their socket, completed after a while more.
///
/// **Threading:** confined to its core.
final class SimulatedRequests implements AutoCloseable {
    private final SimulatedWorld world;
    private final SimulatedKernel kernel;
    private final SimulatedCalls calls;
    private final SimulatedLoans loans;
    private final EntryTable entries;

    /// What can be handed out now.
    final CompletionBuffer completed = new CompletionBuffer();

    /// Of the operation in a slot: its socket, and when it is first attempted.
    private @Nullable SimulatedSocket[] sockets = new SimulatedSocket[64];

    private long[] beginNanos = new long[64];

    SimulatedRequests(SimulatedWorld world, BufferStack buffers, int operationsMax)
            throws SyscallException {
        this.world = world;
        entries = new EntryTable(operationsMax);
        SimulatedNetwork network = new SimulatedNetwork(world, this::changed);
        kernel = new SimulatedKernel(world, network);
        calls = new SimulatedCalls(world, network, kernel, buffers);
        loans = new SimulatedLoans(world);
    }

    SimulatedKernel kernel() {
        return kernel;
    }

    /// Lets an operation write its request; false when it could not, and its end is known.
    boolean write(Operation operation) {
        int slot = InFlight.slot(operation.userData);
        if (slot >= sockets.length) {
            int length = Math.max(slot + 1, sockets.length * 2);
            sockets = Arrays.copyOf(sockets, length);
            beginNanos = Arrays.copyOf(beginNanos, length);
        }
        calls.begin(slot);
        if (!entries.write(operation)) {
            sockets[slot] = null;
            completed.add(operation.userData, operation.unseenResult(), 0);
            return false;
        }
        Sqe sqe = entries.of(operation);
        world.trace(Kind.SUBMIT, slot, sqe.fd(), sqe.opcode());
        loans.lend(slot, sqe);
        SimulatedSocket socket = isOnSocket(sqe) ? kernel.find(sqe.fd()) : null;
        sockets[slot] = socket;
        if (socket != null) {
            socket.inFlight++;
        }
        return true;
    }

    /// The final completion of the operation in this slot is handed out.
    void end(int slot) {
        SimulatedSocket socket = sockets[slot];
        if (socket != null) {
            socket.inFlight--;
        }
        sockets[slot] = null;
        loans.giveBack(slot);
    }

    /// Cancels an operation that waits, after a while: by then it may be done, and its slot
    /// another's.
    void cancel(Operation operation, OperationQueue queue) {
        long userData = operation.userData;
        int slot = InFlight.slot(userData);
        long nanos = world.cancelNanos();
        world.trace(Kind.CANCEL, slot, nanos, 0);
        world.after(
                nanos,
                () -> {
                    if (operation.userData == userData && operation.queue == queue) {
                        queue.remove(operation);
                        int result = calls.cancelled(entries.of(operation), slot);
                        world.trace(Kind.CANCELLED, slot, result, 0);
                        complete(userData, queue, result, 0);
                    }
                });
    }

    /// Nothing that is in flight will end any more: its socket and its memory are let go of.
    void abandon() {
        for (int slot = 0; slot < sockets.length; slot++) {
            if (sockets[slot] != null) {
                end(slot);
            }
        }
        close();
    }

    @Override
    public void close() {
        entries.close();
    }

    /// The kernel sees a request.
    void begin(Operation operation) {
        Sqe sqe = entries.of(operation);
        long userData = operation.userData;
        switch (sqe.opcode()) {
            case IoUring.IORING_OP_NOP ->
                    world.after(world.noStepNanos(), () -> completed.add(userData, 0, 0));
            case IoUring.IORING_OP_CLOSE -> hand(userData, kernel.close(sqe.fd()), 0);
            case IoUring.IORING_OP_SHUTDOWN ->
                    hand(userData, kernel.shutdown(sqe.fd(), sqe.length()), 0);
            default -> beginOnSocket(operation, sqe);
        }
    }

    private void beginOnSocket(Operation operation, Sqe sqe) {
        int slot = InFlight.slot(operation.userData);
        SimulatedSocket socket = sockets[slot];
        if (socket == null) {
            hand(operation.userData, -Errno.EBADF, 0);
            return;
        }
        OperationQueue queue = queue(sqe, socket);
        queue.add(operation);
        beginNanos[slot] = world.nowNanos() + world.stepNanos();
        world.at(beginNanos[slot], () -> changed(socket));
    }

    /// Goes on with those who wait for a socket, as far as that is possible now.
    private void changed(SimulatedSocket socket) {
        serve(socket.readers, socket);
        serve(socket.writers, socket);
        servePollers(socket);
    }

    private void serve(OperationQueue queue, SimulatedSocket socket) {
        for (Operation first = queue.peek(); first != null; first = queue.peek()) {
            int slot = InFlight.slot(first.userData);
            if (beginNanos[slot] > world.nowNanos()) {
                return;
            }
            int result = calls.perform(entries.of(first), socket);
            if (result == SimulatedCalls.WAIT) {
                return;
            }
            int flags = calls.flags();
            if (!CqeFlags.hasMore(flags)) {
                queue.remove(first);
            }
            complete(first.userData, queue, result, flags);
        }
    }

    private void servePollers(SimulatedSocket socket) {
        Operation next = socket.pollers.peek();
        while (next != null) {
            Operation operation = next;
            next = operation.nextQueued;
            int slot = InFlight.slot(operation.userData);
            int wanted = entries.of(operation).operationFlags();
            int ready = socket.readiness() & (wanted | Linux.POLLERR | Linux.POLLHUP);
            if (ready != 0 && beginNanos[slot] <= world.nowNanos()) {
                socket.pollers.remove(operation);
                hand(operation.userData, ready, 0);
            }
        }
    }

    /// Lets a completion be seen after a while; within one direction none overtakes another.
    private void complete(long userData, OperationQueue queue, int result, int flags) {
        SimulatedSocket socket = sockets[InFlight.slot(userData)];
        long nanos = world.nowNanos() + world.stepNanos();
        if (socket != null && queue == socket.readers) {
            nanos = Math.max(nanos, socket.readLaneNanos);
            socket.readLaneNanos = nanos;
        } else if (socket != null && queue == socket.writers) {
            nanos = Math.max(nanos, socket.writeLaneNanos);
            socket.writeLaneNanos = nanos;
        }
        world.at(nanos, () -> completed.add(userData, result, flags));
    }

    /// Lets a completion be seen after a while.
    void hand(long userData, int result, int flags) {
        world.after(world.stepNanos(), () -> completed.add(userData, result, flags));
    }

    private static OperationQueue queue(Sqe sqe, SimulatedSocket socket) {
        if (sqe.opcode() == IoUring.IORING_OP_POLL_ADD) {
            return socket.pollers;
        }
        return EntryTable.isWrite(sqe) ? socket.writers : socket.readers;
    }

    private static boolean isOnSocket(Sqe sqe) {
        return switch (sqe.opcode()) {
            case IoUring.IORING_OP_NOP, IoUring.IORING_OP_CLOSE, IoUring.IORING_OP_SHUTDOWN ->
                    false;
            default -> true;
        };
    }
}
