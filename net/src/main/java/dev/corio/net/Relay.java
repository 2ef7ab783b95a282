package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Suspension;
import dev.corio.core.Timer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Moves bytes both ways between two streams until both sides have ended: the hot path of a proxy.
///
/// Each direction is a chain of operations ([Flow]): receive, send, receive, and so on, on the
/// loop, from the same buffer, without waking a task for each message and without copying. The
/// chain receives no more before what it has is sent: a slow reader slows the writer down.
///
/// When one side ends its output the other is told (half-close), and the opposite direction goes
/// on.
///
/// **Threading:** confined to its core.
public final class Relay {
    private final Core core;
    private final RelayOptions options;
    private final Flow forward;
    private final Flow backward;
    private final Suspension ended;
    private long activeNanos;
    private boolean isIdle;
    private boolean stopping;
    private @Nullable IOException failure;

    Relay(TcpStream first, TcpStream second, RelayOptions options) {
        core = first.core();
        this.options = options;
        forward = new Flow(this, first.input(), second.descriptor());
        backward = new Flow(this, second.input(), first.descriptor());
        ended = new Suspension(core, "relay(" + first + ", " + second + ")");
    }

    /// Relays until the end; suspends the calling task, which is woken once. Closes neither stream.
    /// Nothing else may read from or write to them meanwhile.
    ///
    /// @throws InterruptedIOException when the task is interrupted: bytes in flight are lost, as
    ///   the streams can only be closed then
    /// @throws IllegalStateException when the task is pinned to its core, as for a [Suspension]
    public static RelayResult run(TcpStream first, TcpStream second, RelayOptions options)
            throws IOException {
        first.flush();
        second.flush();
        return new Relay(first, second, options).run();
    }

    RelayResult run() throws IOException {
        activeNanos = core.turnNanos();
        Timer idle = armIdleTimer();
        boolean interrupted = false;
        try {
            forward.start();
            backward.start();
            ended.await();
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (!hasEnded()) {
                // Whatever ended the wait, the refusal of a pinned task too: no chain outlives it.
                stop();
                ended.awaitCompletions();
            }
            if (idle != null) {
                core.disarm(idle);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(
                    "the relay was interrupted after "
                            + forward.bytes()
                            + " bytes forward and "
                            + backward.bytes()
                            + " backward");
        }
        return new RelayResult(forward.bytes(), backward.bytes(), end(), failure);
    }

    /// A byte moved. The timer is not touched: when it fires it looks how long ago that was.
    void moved() {
        activeNanos = core.turnNanos();
    }

    void failed(IOException reason) {
        if (failure == null && !stopping) {
            failure = reason;
        }
        stop();
    }

    void flowEnded() {
        if (hasEnded()) {
            ended.resume();
        }
    }

    boolean isStopping() {
        return stopping;
    }

    private boolean hasEnded() {
        return forward.isEnded() && backward.isEnded();
    }

    private void stop() {
        stopping = true;
        forward.cancel();
        backward.cancel();
    }

    private RelayResult.End end() {
        if (failure != null) {
            return RelayResult.End.FAILED;
        }
        return isIdle ? RelayResult.End.IDLE : RelayResult.End.CLOSED;
    }

    private @Nullable Timer armIdleTimer() {
        if (options.idleTimeout().isZero()) {
            return null;
        }
        Timer timer =
                new Timer() {
                    @Override
                    protected void fired() {
                        Duration silent = Duration.ofNanos(core.turnNanos() - activeNanos);
                        Duration left = options.idleTimeout().minus(silent);
                        if (left.isPositive()) {
                            core.arm(this, left);
                        } else {
                            isIdle = true;
                            stop();
                        }
                    }
                };
        core.arm(timer, options.idleTimeout());
        return timer;
    }
}
