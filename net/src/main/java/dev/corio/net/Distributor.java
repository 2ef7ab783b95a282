package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Detached;
import dev.corio.core.EndWatch;
import dev.corio.core.Task;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Spreads connections over cores: each goes to the core that has the fewest, of those that have
/// not ended.
///
/// With `SO_REUSEPORT` ([ListenOptions#reusePort]) each core accepts for itself and the kernel
/// spreads by a hash of the addresses. That is cheapest, and even where there are many short
/// connections. A few long ones, such as those of a pool, it piles on one core as chance has it:
/// then one core accepts ([TcpListener#acceptDetached]) and hands over here, which costs a
/// hand-over to another core for each connection, and nothing after that.
///
/// ```java
/// try (TcpListener listener = TcpListener.bind(address, alone)) {
///     Distributor distributor = new Distributor(cores.all());
///     while (true) {
///         distributor.hand(listener.acceptDetached(), "echo", EchoServer::echo);
///     }
/// }
/// ```
///
/// **Threading:** confined to the core that accepts.
public final class Distributor {
    private static final VarHandle ENDED;

    static {
        try {
            ENDED = MethodHandles.lookup().findVarHandle(Share.class, "ended", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final List<Share> shares = new ArrayList<>();
    private int next;

    /// What one core has been given.
    private static final class Share extends EndWatch {
        private long given;

        /// Written by the core alone; the one that accepts may read it a moment late.
        @SuppressWarnings("unused") // through ENDED
        private long ended;

        /// Of the core; written by it at last.
        private volatile boolean isOver;

        Share(Core core) {
            super(core);
        }

        @Override
        protected void ended() {
            isOver = true;
        }

        /// By which they are compared. A core that has ended would otherwise soon have the fewest.
        long load() {
            return isOver ? Long.MAX_VALUE : live();
        }

        long live() {
            return given - (long) ENDED.getOpaque(this);
        }

        void noteEnd() {
            ENDED.setOpaque(this, (long) ENDED.getOpaque(this) + 1);
        }
    }

    /// @param cores those that serve; the one that accepts may be among them
    public Distributor(List<Core> cores) {
        if (cores.isEmpty()) {
            throw new IllegalArgumentException("at least one core is needed");
        }
        for (Core core : cores) {
            Share share = new Share(core);
            share.begin();
            shares.add(share);
        }
    }

    /// Hands a connection to the core that has the fewest, where `handler` serves it as a task.
    /// While that core's mailbox is full the caller waits. A connection that cannot be handed over
    /// is closed.
    ///
    /// @throws InterruptedIOException when the caller is interrupted while it waits
    /// @throws IOException when the core closes; the text says so
    public Task<@Nullable Void> hand(Detached connection, String name, Handler handler)
            throws IOException {
        Share share = leastLoaded();
        boolean handed = false;
        share.given++;
        try {
            Task<@Nullable Void> task =
                    MovingConnection.of(connection)
                            .serveOn(
                                    share.core(),
                                    name,
                                    stream -> {
                                        try {
                                            handler.serve(stream);
                                        } finally {
                                            share.noteEnd();
                                        }
                                    });
            handed = true;
            return task;
        } finally {
            if (!handed) {
                share.given--;
            }
        }
    }

    /// How many connections a core has of those that were handed over here.
    public long live(Core core) {
        for (Share each : shares) {
            if (each.core() == core) {
                return each.live();
            }
        }
        return 0;
    }

    /// Of those that have equally few, each in turn.
    private Share leastLoaded() {
        Share least = shares.get(next);
        for (int i = 1; i < shares.size(); i++) {
            Share each = shares.get((next + i) % shares.size());
            if (each.load() < least.load()) {
                least = each;
            }
        }
        next = (shares.indexOf(least) + 1) % shares.size();
        return least;
    }
}
