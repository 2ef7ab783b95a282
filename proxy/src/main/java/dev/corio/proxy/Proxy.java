package dev.corio.proxy;

import dev.corio.core.Core;
import dev.corio.core.Cores;
import dev.corio.core.Task;
import dev.corio.net.ListenOptions;
import dev.corio.net.TcpListener;
import dev.corio.net.TcpStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;

/// The proxy on all cores: each binds listeners of its own, and the kernel spreads connections over
/// them; or the first one accepts for all ([Accepting#DISTRIBUTE]). The caller owns the cores;
/// closing them ends the connections that are left.
///
/// **Threading:** confined to the thread that started it, which is none of the cores.
final class Proxy {
    private final ConnectionLimit limit;
    private final List<Acceptor> acceptors = new ArrayList<>();
    private final Accepting accepting;
    private final List<Task<?>> listeners = new ArrayList<>();
    private final List<InetSocketAddress> addresses = new ArrayList<>();

    private Proxy(Cores cores, ProxyOptions options, Notices notices) {
        limit = new ConnectionLimit(options.connectionsMax());
        accepting = options.accepting();
        for (Core core : cores.all()) {
            List<Core> serving = accepting == Accepting.DISTRIBUTE ? cores.all() : List.of(core);
            acceptors.add(new Acceptor(core, options, limit, notices, serving, this::serve));
        }
    }

    /// Binds each address on each core and accepts.
    static Proxy start(Cores cores, ProxyOptions options, Notices notices)
            throws IOException, InterruptedException {
        Proxy proxy = new Proxy(cores, options, notices);
        ListenOptions defaults = ListenOptions.defaults();
        // Each accepted ahead takes a descriptor that a connection would need.
        int listeners = cores.size() * options.listen().size();
        int acceptedMax =
                Math.clamp(options.connectionsMax() / 2 / listeners, 1, defaults.acceptedMax());
        boolean shared = options.accepting() == Accepting.REUSEPORT;
        ListenOptions listening = new ListenOptions(defaults.backlog(), shared, acceptedMax);
        for (InetSocketAddress address : options.listen()) {
            proxy.listen(resolve(address), listening);
        }
        return proxy;
    }

    /// The addresses it accepts on, with the ports that the kernel chose.
    List<InetSocketAddress> addresses() {
        return List.copyOf(addresses);
    }

    /// Stops accepting; returns when the listeners are closed.
    void stopAccepting() throws InterruptedException {
        for (Task<?> task : listeners) {
            task.cancel();
        }
        for (Task<?> task : listeners) {
            try {
                task.join();
            } catch (CancellationException | ExecutionException ended) {
                // It ended, which is all that is asked; had it failed, the core would have said so.
            }
        }
    }

    /// Waits until the last connection ends or the time is over.
    void drain(Duration timeout) throws IOException, InterruptedException {
        if (limit.awaitNoneTaken(timeout)) {
            for (Acceptor acceptor : acceptors) {
                acceptor.awaitTurn();
            }
        }
    }

    /// How many connections are served now.
    int connections() {
        return limit.taken();
    }

    /// What all cores have moved. Exact once the cores are closed.
    Traffic traffic() {
        return acceptors.stream().map(Acceptor::traffic).reduce(Traffic.ZERO, Traffic::plus);
    }

    static String text(InetSocketAddress address) {
        String host =
                address.isUnresolved()
                        ? address.getHostString()
                        : address.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    private void serve(TcpStream client) {
        acceptors.get(Core.current().index()).serve(client);
    }

    /// The port that the first core gets is the port of all.
    private void listen(InetSocketAddress wanted, ListenOptions options)
            throws IOException, InterruptedException {
        // Shared listeners of another process would not fail, but take some of the connections.
        acceptors.getFirst().ensureFree(wanted);
        InetSocketAddress address = wanted;
        int count = accepting == Accepting.DISTRIBUTE ? 1 : acceptors.size();
        for (Acceptor acceptor : acceptors.subList(0, count)) {
            TcpListener listener = acceptor.bind(address, options);
            address = new InetSocketAddress(wanted.getAddress(), listener.localAddress().getPort());
            listeners.add(acceptor.start(listener));
        }
        addresses.add(address);
    }

    private static InetSocketAddress resolve(InetSocketAddress address)
            throws UnknownHostException {
        if (!address.isUnresolved()) {
            return address;
        }
        InetSocketAddress resolved =
                new InetSocketAddress(address.getHostString(), address.getPort());
        if (resolved.isUnresolved()) {
            throw new UnknownHostException("--listen " + text(address) + ": unknown host");
        }
        return resolved;
    }
}
