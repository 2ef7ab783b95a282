package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.IoBuffer;
import dev.corio.core.Operation;
import dev.corio.core.Timer;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.time.Duration;
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
/// While it waits for bytes it holds no buffer: the driver picks one when they arrive, or, on a
/// kernel that cannot, readiness is awaited first.
///
/// **Threading:** confined to its core.
final class Flow {
    /// How long to wait for a buffer when the pool has given out all it may.
    private static final Duration POOL_RETRY = Duration.ofMillis(1);

    private final Relay relay;
    private final Core core;
    private final Descriptor source;
    private final Descriptor target;
    private final Input input;
    private final Output output;
    private @Nullable Operation flying;
    private @Nullable Timer retry;
    private long bytes;
    private boolean ended;

    Flow(Relay relay, Descriptor source, Descriptor target) {
        this.relay = relay;
        this.source = source;
        this.target = target;
        core = source.core();
        input = new Input(source);
        output = new Output(target);
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
        if (retry != null && retry.isArmed()) {
            core.disarm(retry);
            end();
        } else if (flying != null) {
            core.cancel(flying);
        }
    }

    /// Waits for the next bytes without holding a buffer.
    private void await() {
        input.mode = core.selectsBuffers() ? Input.PICK : Input.POLL;
        submit(input);
    }

    /// Bytes are there, and no buffer was picked: brings one.
    private void receiveIntoOwn() {
        IoBuffer buffer = core.buffers().tryLease(core.options().bufferBytes());
        if (buffer == null) {
            retryLater();
            return;
        }
        input.mode = Input.OWN;
        input.buffer(buffer);
        submit(input);
    }

    private void retryLater() {
        if (retry == null) {
            retry =
                    new Timer() {
                        @Override
                        protected void fired() {
                            receiveIntoOwn();
                        }
                    };
        }
        flying = null;
        core.arm(retry, POOL_RETRY);
    }

    private void received(int result, @Nullable IoBuffer buffer) {
        if (result > 0 && buffer != null && !relay.isStopping()) {
            output.buffer(buffer);
            submit(output);
            return;
        }
        if (buffer != null) {
            buffer.close();
        }
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

    private void sent(int result, IoBuffer buffer) {
        if (result < 0) {
            output.buffer(null);
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
        output.buffer(null);
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
            dropBuffer(operation);
            end();
        } else if (!core.submit(operation)) {
            dropBuffer(operation);
            end();
            relay.failed(new IOException(operation + ": too many operations are in flight"));
        }
    }

    private static void dropBuffer(Operation operation) {
        IoBuffer buffer = operation.buffer();
        operation.buffer(null);
        if (buffer != null) {
            buffer.close();
        }
    }

    private void stop(int result, String call, Descriptor descriptor) {
        end();
        if (result != -Errno.ECANCELED || !relay.isStopping()) {
            relay.failed(new SyscallException(call + "(" + descriptor + ")", -result));
        }
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
            IoBuffer own = buffer();
            if (mode == PICK) {
                sqe.recvSelect(source.fd(), 0, 0, core.bufferGroup());
            } else if (mode == POLL || own == null) {
                sqe.pollAdd(source.fd(), Linux.POLLIN | Linux.POLLRDHUP);
            } else {
                sqe.recv(source.fd(), own.writeAddress(), own.writableBytes(), 0);
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
                        received(
                                result,
                                CqeFlags.hasBuffer(flags)
                                        ? core.pickedBuffer(flags, Math.max(result, 0))
                                        : null);
                    }
                }
                case POLL -> {
                    if (result < 0 || relay.isStopping()) {
                        received(result < 0 ? result : -Errno.ECANCELED, null);
                    } else {
                        receiveIntoOwn();
                    }
                }
                default -> {
                    IoBuffer own = buffer();
                    buffer(null);
                    if (own != null && result > 0) {
                        own.advance(result);
                    }
                    received(result, own);
                }
            }
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
            IoBuffer buffer = buffer();
            assert buffer != null : "nothing to send";
            sqe.send(
                    target.fd(),
                    buffer.readAddress(),
                    buffer.readableBytes(),
                    Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL);
        }

        @Override
        protected void completed(int result, int flags) {
            IoBuffer buffer = buffer();
            assert buffer != null : "nothing was sent";
            sent(result, buffer);
        }

        @Override
        public String toString() {
            return "send(" + target + ")";
        }
    }
}
