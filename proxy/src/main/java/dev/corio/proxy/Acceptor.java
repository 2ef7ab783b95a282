package dev.corio.proxy;

import dev.corio.core.Core;
import dev.corio.core.Detached;
import dev.corio.core.Task;
import dev.corio.linux.Errno;
import dev.corio.linux.SyscallException;
import dev.corio.net.Distributor;
import dev.corio.net.Handler;
import dev.corio.net.ListenOptions;
import dev.corio.net.Relay;
import dev.corio.net.RelayOptions;
import dev.corio.net.RelayResult;
import dev.corio.net.TcpListener;
import dev.corio.net.TcpStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// The proxy on one core: accepts, connects to an upstream, lets the bytes run, closes both.
///
/// A connection is accepted before it takes its place in the [ConnectionLimit]. When there is none
/// it waits here unserved, with the few that the listener accepts ahead, and the others wait in the
/// kernel's backlog.
///
/// **Threading:** confined to its core, except where a method says so.
final class Acceptor {
    /// How long accepting rests when the kernel has no descriptor or memory for a connection.
    private static final Duration REST = Duration.ofMillis(100);

    private final Core core;
    private final ProxyOptions options;
    private final RelayOptions relayOptions;
    private final ConnectionLimit limit;
    private final Notices notices;
    private final Upstreams upstreams;
    private final Distributor distributor;
    private final Handler service;

    private long accepted;
    private long refused;
    private long bytesForward;
    private long bytesBackward;

    /// @param serving the cores that connections accepted here go to
    /// @param service what is done with one, on the core that it goes to
    Acceptor(
            Core core,
            ProxyOptions options,
            ConnectionLimit limit,
            Notices notices,
            List<Core> serving,
            Handler service) {
        distributor = new Distributor(serving);
        this.service = service;
        this.core = core;
        this.options = options;
        this.limit = limit;
        this.notices = notices;
        relayOptions = new RelayOptions(options.idleTimeout());
        upstreams = new Upstreams(options.upstreams(), core.index());
    }

    /// Binds on this core. Called from outside.
    TcpListener bind(InetSocketAddress address, ListenOptions listening)
            throws IOException, InterruptedException {
        return outcome(core.spawn("bind", () -> TcpListener.bind(address, listening)));
    }

    /// Makes sure that nobody listens at the address yet. Called from outside.
    void ensureFree(InetSocketAddress address) throws IOException, InterruptedException {
        outcome(
                core.spawn(
                        "probe",
                        () -> {
                            TcpListener.ensureFree(address);
                            return true;
                        }));
    }

    /// Waits until the tasks that run now have been put off the core: a connection gives its place
    /// back before its task has quite ended. Called from outside.
    void awaitTurn() throws IOException, InterruptedException {
        outcome(core.spawn("turn", () -> true));
    }

    /// Starts the task that accepts until it is cancelled. Called from outside.
    Task<?> start(TcpListener listener) {
        return core.spawn(
                "accept",
                () -> {
                    acceptAll(listener);
                    return null;
                });
    }

    /// What this core has moved. Called from outside; exact once the core has ended.
    Traffic traffic() {
        return new Traffic(accepted, refused, bytesForward, bytesBackward);
    }

    private void acceptAll(TcpListener listener) throws IOException {
        try (listener) {
            while (true) {
                Detached client = accept(listener);
                if (client != null) {
                    admit(client);
                }
            }
        } catch (InterruptedException | InterruptedIOException cancelled) {
            return;
        }
    }

    /// The next connection, or null when accepting failed and it is time to try again.
    private @Nullable Detached accept(TcpListener listener)
            throws IOException, InterruptedException {
        try {
            return listener.acceptDetached();
        } catch (InterruptedIOException | ClosedChannelException ended) {
            throw ended;
        } catch (IOException e) {
            notices.exhausted(e.getMessage() + "; accepting pauses meanwhile");
            Core.sleep(REST);
            return null;
        }
    }

    private void admit(Detached client) throws InterruptedException, InterruptedIOException {
        if (!limit.tryTake()) {
            notices.full(options.connectionsMax());
            try {
                limit.take();
            } catch (InterruptedException e) {
                client.close();
                throw e;
            }
        }
        accepted++;
        boolean handed = false;
        try {
            distributor.hand(client, "connection", service);
            handed = true;
        } catch (InterruptedIOException cancelled) {
            throw cancelled;
        } catch (IOException closing) {
            notices.say("core " + core.index() + ": " + closing.getMessage());
        } finally {
            if (!handed) {
                limit.giveBack();
            }
        }
    }

    /// Called on this core, whichever one accepted.
    void serve(TcpStream client) {
        try (client) {
            TcpStream upstream = connect();
            if (upstream == null) {
                refused++;
                return;
            }
            try (upstream) {
                client.noDelay(true);
                upstream.noDelay(true);
                RelayResult result = Relay.run(client, upstream, relayOptions);
                bytesForward += result.bytesForward();
                bytesBackward += result.bytesBackward();
            }
        } catch (InterruptedIOException cut) {
            // Our own end: the connection was served until now.
            return;
        } catch (IOException ended) {
            // A peer that resets, or our own end. Either way it concerns this connection alone.
            refused++;
        } finally {
            limit.giveBack();
        }
    }

    /// A connection to the first upstream that answers, or null when none does.
    private @Nullable TcpStream connect() throws InterruptedIOException {
        for (int index : upstreams.order(core.nanoTime())) {
            InetSocketAddress address = upstreams.address(index);
            try {
                TcpStream stream = connect(address);
                if (upstreams.succeeded(index)) {
                    notices.say(
                            "core "
                                    + core.index()
                                    + ": upstream "
                                    + Proxy.text(address)
                                    + " is back");
                }
                return stream;
            } catch (IOException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("stopped while connecting");
                }
                if (isOurs(e)) {
                    notices.exhausted(e.getMessage() + "; connections are refused meanwhile");
                    return null;
                }
                if (upstreams.failed(index, core.nanoTime())) {
                    notices.say(
                            "core "
                                    + core.index()
                                    + ": upstream "
                                    + Proxy.text(address)
                                    + " fails: "
                                    + e.getMessage());
                }
            }
        }
        return null;
    }

    private TcpStream connect(InetSocketAddress address) throws IOException {
        return address.isUnresolved()
                ? TcpStream.connect(
                        address.getHostString(), address.getPort(), options.connectTimeout())
                : TcpStream.connect(address, options.connectTimeout());
    }

    /// Whether connecting failed for want of something here, which no other upstream can cure.
    private static boolean isOurs(IOException failure) {
        Throwable reason = failure instanceof SyscallException ? failure : failure.getCause();
        return reason instanceof SyscallException call
                && switch (call.errno()) {
                    case Errno.EMFILE,
                            Errno.ENFILE,
                            Errno.ENOBUFS,
                            Errno.ENOMEM,
                            Errno.EADDRNOTAVAIL ->
                            true;
                    default -> false;
                };
    }

    private static <T> T outcome(Task<T> task) throws IOException, InterruptedException {
        try {
            return task.join();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException reason) {
                throw reason;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
