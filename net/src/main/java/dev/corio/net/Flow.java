package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.CoreFailedException;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.core.Operation;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.Sqe;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// One direction of a [Relay]: a chain of receive and send in which each completion submits the
/// next.
///
/// ```
///            ┌────────────────────────────────────────────┐
///            ▼                                            │ all sent
///  receive ──┬─ bytes ────────────────────────► send ─────┤
///            │                                     ▲      │ some sent
///            │                                     └──────┘
///            ├─ no buffer in the group ─► poll ─► receive into one of our own
///            └─ end ─► shut the other side's input down
/// ```
///
/// While it waits for bytes it leases no buffer: the driver picks one, or, where it has none to
/// pick from, readiness is awaited first. Where the stream receives ahead ([ReceiveAhead]) it takes
/// what has come from there, and leaves that in flight when it ends: it is the stream's.
///
/// **Threading:** confined to its core.
final class Flow implements ReceiveAhead.Waiter {
    private final Relay relay;
    private final Core core;
    private final Descriptor source;
    private final Descriptor target;
    private final @Nullable ReceiveAhead ahead;
    private final @Nullable EarlyBytes early;
    private final Input input;
    private final Output output;

    /// Closed while this direction waits for bytes; memory is leased into it for each message.
    private final IoBuffer buffer;

    private final Runnable memoryGranted = this::receiveIntoLeased;

    private @Nullable Operation flying;
    private boolean waitsForMemory;
    private boolean waitsForArrival;
    private long bytes;
    private boolean ended;

    Flow(Relay relay, StreamInput from, Descriptor target) {
        this.relay = relay;
        source = from.descriptor();
        this.target = target;
        core = source.core();
        ahead = from.ahead();
        early = from.early();
        input = new Input(source);
        output = new Output(target);
        buffer = core.buffers().unleased();
        output.buffer(buffer);
    }

    void start() {
        await();
    }

    boolean isEnded() {
        return ended;
    }

    long bytes() {
        return bytes;
    }

    void cancel() {
        if (waitsForMemory) {
            waitsForMemory = false;
            core.buffers().giveUp(buffer);
            end();
        } else if (waitsForArrival && ahead != null) {
            waitsForArrival = false;
            ahead.giveUp();
            end();
        } else if (flying != null && flying.isInFlight()) {
            core.cancel(flying);
        } else if (!ended) {
            // It never began, for its first step failed.
            end();
        }
    }

    /// Waits for the next bytes without holding a buffer.
    private void await() {
        if (early != null && early.isCarried()) {
            receiveIntoOwn();
        } else if (ahead != null) {
            awaitArrival(ahead);
        } else {
            input.mode = core.selectsBuffers() ? Input.PICK : Input.POLL;
            submit(input);
        }
    }

    private void awaitArrival(ReceiveAhead ahead) {
        flying = null;
        if (early != null && early.moveTo(buffer)) {
            received(buffer.readableBytes());
        } else if (ahead.takeEnd()) {
            if (ahead.result() == -Errno.ENOBUFS) {
                input.mode = Input.POLL;
                submit(input);
            } else {
                received(ahead.result());
            }
        } else if (relay.isStopping()) {
            end();
        } else if (ahead.isInFlight() || ahead.begin()) {
            waitsForArrival = true;
            ahead.await(buffer, this);
        } else {
            refused(ahead);
        }
    }

    @Override
    public void arrived() {
        waitsForArrival = false;
        if (buffer.isClosed()) {
            await();
        } else {
            received(buffer.readableBytes());
        }
    }

    /// Bytes are there, and no buffer was picked: brings one, as soon as the pool has one.
    private void receiveIntoOwn() {
        flying = null;
        waitsForMemory = !core.buffers().lease(buffer, core.options().bufferBytes(), memoryGranted);
        if (!waitsForMemory) {
            receiveIntoLeased();
        }
    }

    private void receiveIntoLeased() {
        waitsForMemory = false;
        if (early != null && early.isCarried()) {
            received(early.copyTo(buffer));
            return;
        }
        input.mode = Input.OWN;
        input.buffer(buffer);
        submit(input);
    }

    /// The bytes, if any, are in the buffer.
    private void received(int result) {
        if (result > 0 && !relay.isStopping()) {
            submit(output);
            return;
        }
        buffer.close();
        if (result == 0) {
            if (!target.isClosing()) {
                // ENOTCONN: the target is gone, which its own direction reports.
                core.sockets().shutdown(target.fd(), Linux.SHUT_WR);
            }
            end();
        } else {
            stop(result > 0 ? -Errno.ECANCELED : result, "recv", source);
        }
    }

    private void sent(int result) {
        if (result < 0) {
            buffer.close();
            stop(result, "send", target);
            return;
        }
        bytes += result;
        relay.moved();
        buffer.skip(result);
        if (buffer.readableBytes() > 0 && !relay.isStopping()) {
            submit(output);
            return;
        }
        buffer.close();
        if (relay.isStopping()) {
            end();
        } else {
            await();
        }
    }

    private void submit(Operation operation) {
        flying = operation;
        if (relay.isStopping()) {
            buffer.close();
            end();
        } else if (!core.submit(operation)) {
            refused(operation);
        }
    }

    private void refused(Operation operation) {
        IOException reason;
        try {
            reason = core.refusal(operation);
        } catch (CoreFailedException e) {
            reason = new IOException(e.getMessage(), e);
        }
        buffer.close();
        end();
        relay.failed(reason);
    }

    private void stop(int result, String call, Descriptor descriptor) {
        end();
        if (result != -Errno.ECANCELED || !relay.isStopping()) {
            relay.failed(new SyscallException(call + "(" + descriptor + ")", -result));
        }
    }

    /// A step threw, so no further one follows: the relay must end all the same.
    @Override
    public void broken(Throwable reason) {
        waitsForArrival = false;
        if (!ended && !waitsForMemory && (flying == null || !flying.isInFlight())) {
            buffer.close();
            end();
        }
        relay.failed(new IOException("relaying from " + source + " failed: " + reason, reason));
    }

    private void end() {
        flying = null;
        ended = true;
        relay.flowEnded();
    }

    /// Waits for bytes and takes them, in one of three ways.
    private final class Input extends Operation {
        private static final int PICK = 0;
        private static final int POLL = 1;
        private static final int OWN = 2;

        private int mode;

        Input(Descriptor descriptor) {
            super(descriptor);
        }

        @Override
        protected void prepare(Sqe sqe) {
            if (mode == PICK) {
                sqe.recvSelect(source.fd(), 0, 0, core.bufferGroup());
            } else if (mode == POLL) {
                sqe.pollAdd(source.fd(), Linux.POLLIN | Linux.POLLRDHUP);
            } else {
                sqe.recv(source.fd(), buffer.writeAddress(), buffer.writableBytes(), 0);
            }
        }

        @Override
        protected void completed(int result, int flags) {
            switch (mode) {
                case PICK -> {
                    if (result == -Errno.ENOBUFS && !relay.isStopping()) {
                        // Said at once when the group is empty, whether there are bytes or not.
                        mode = POLL;
                        submit(this);
                    } else {
                        if (CqeFlags.hasBuffer(flags)) {
                            core.picked(buffer, flags, Math.max(result, 0));
                        }
                        received(result);
                    }
                }
                case POLL -> {
                    if (result < 0 || relay.isStopping()) {
                        received(result < 0 ? result : -Errno.ECANCELED);
                    } else {
                        receiveIntoOwn();
                    }
                }
                default -> {
                    buffer(null);
                    if (result > 0) {
                        buffer.advance(result);
                    }
                    received(result);
                }
            }
        }

        @Override
        protected void broken(Throwable reason) {
            Flow.this.broken(reason);
        }

        @Override
        public String toString() {
            return "recv(" + source + ")";
        }
    }

    /// Sends what was received, from the same memory.
    private final class Output extends Operation {
        Output(Descriptor descriptor) {
            super(descriptor);
        }

        @Override
        protected void prepare(Sqe sqe) {
            sqe.send(
                    target.fd(),
                    buffer.readAddress(),
                    buffer.readableBytes(),
                    Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL);
        }

        @Override
        protected void completed(int result, int flags) {
            sent(result);
        }

        @Override
        protected void broken(Throwable reason) {
            Flow.this.broken(reason);
        }

        @Override
        public String toString() {
            return "send(" + target + ")";
        }
    }
}
