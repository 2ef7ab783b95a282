package dev.corio.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `corio bench serve`: one server of the comparisons, started as they start it, where other
/// machines reach it.
///
/// **Threading:** used by one thread; the hook's own thread only awaits the end and prints the sum.
@Command(
        name = "serve",
        description = {
            "Run one server of the comparisons until Ctrl-C, pinned to a CPU, for a load from"
                    + " elsewhere (corio bench load), and say what the kernel charged it for.",
            "At the end: its CPU time from start to end. With --report also every so many"
                    + " seconds: its CPU time, and what its CPU did beside it, interrupts included."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Echo servers: " + EchoCommand.PEERS + ", corio-io_uring-spin.",
            "Proxies, with --to: " + ProxyCommand.PEERS + ", corio-io_uring-spin.",
            "And as both what `rungs` compares, by the names there.",
            "",
            "  ./corio bench serve corio-io_uring --listen 0.0.0.0:7000 --cpu 1 --report 10"
        })
final class ServeCommand implements Callable<Integer> {
    private static final int CONNECT_MILLIS_MAX = 3_000;

    @Parameters(paramLabel = "PEER", description = "Which server; see below.")
    private String name = "";

    @Option(
            names = "--listen",
            required = true,
            paramLabel = "HOST:PORT",
            description = "Where: 0.0.0.0 for each address of this machine, port 0 for a free one.")
    private InetSocketAddress listen = new InetSocketAddress(0);

    @Option(
            names = "--to",
            paramLabel = "HOST:PORT",
            description = "Makes it a proxy, before the echo server that runs there.")
    private @Nullable InetSocketAddress upstream;

    @Option(
            names = "--cpu",
            paramLabel = "N",
            description = "The CPU it is pinned to (the one it has in the comparisons).")
    private @Nullable Integer cpu;

    @Option(
            names = "--report",
            paramLabel = "SECONDS",
            description = "Print what it used every so many seconds.")
    private int reportSeconds;

    private final PrintStream out = System.out;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (reportSeconds < 0) {
            throw new IllegalArgumentException("--report must not be negative: " + reportSeconds);
        }
        Peer peer = peer(name, upstream != null);
        InetSocketAddress address = free(listen);
        if (upstream != null) {
            check(upstream);
        }
        Placement placement = Placement.choose();
        int on = cpu == null ? placement.serverCpu() : cpu;
        try (Workbench workbench = Workbench.open(placement, Progress.onConsole())) {
            List<String> command = peer.launch().command(workbench.site(peer, address, upstream));
            long usedBefore = ProcessCpu.endedChildrenNanos();
            long begin = System.nanoTime();
            try (ServerProcess server =
                    ServerProcess.start(on, address, command, workbench.log(peer))) {
                Runtime.getRuntime()
                        .addShutdownHook(
                                Thread.ofPlatform()
                                        .unstarted(() -> sum(server, usedBefore, begin)));
                out.println(Machine.read(placement).platform());
                out.printf(
                        "%s (%s) listens on %s, CPU %d, process %d; Ctrl-C ends it%n",
                        peer.name(),
                        peer.description().strip(),
                        Peer.Site.text(address),
                        on,
                        server.pid());
                report(server, on);
                throw server.failure("ended by itself");
            } catch (IOException e) {
                ChildProcess.awaitEndAfterSignal();
                throw e;
            }
        }
    }

    /// Answers the server that this name has in a comparison of its kind.
    static Peer peer(String name, boolean isProxy) {
        List<Peer> wanted = peers(isProxy);
        boolean isOfTheOtherKind =
                wanted.stream().noneMatch(peer -> peer.name().equals(name))
                        && peers(!isProxy).stream().anyMatch(peer -> peer.name().equals(name));
        if (isOfTheOtherKind) {
            throw new IllegalArgumentException(
                    isProxy
                            ? name + " is an echo server and takes no --to"
                            : name + " is a proxy; name the echo server behind it with --to");
        }
        return ComparisonOptions.peer(name, wanted);
    }

    private static List<Peer> peers(boolean isProxy) {
        List<Peer> peers = new ArrayList<>(isProxy ? ProxyPeers.ALL : EchoPeers.ALL);
        peers.addAll(RungsCommand.peers(isProxy));
        return peers;
    }

    /// Who shares a port by `SO_REUSEPORT`, or is already there, would be measured with it.
    private static InetSocketAddress free(InetSocketAddress wanted) throws IOException {
        if (wanted.isUnresolved()) {
            throw new IOException("there is no host " + wanted.getHostString());
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(wanted);
            return new InetSocketAddress(wanted.getAddress(), socket.getLocalPort());
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen on " + Peer.Site.text(wanted) + ": " + e.getMessage(), e);
        }
    }

    private static void check(InetSocketAddress target) throws IOException {
        if (target.isUnresolved()) {
            throw new IOException("there is no host " + target.getHostString());
        }
        try (Socket socket = new Socket()) {
            socket.connect(target, CONNECT_MILLIS_MAX);
        } catch (IOException e) {
            throw new IOException(
                    "start the echo server behind the proxy first; %s: %s"
                            .formatted(Peer.Site.text(target), e.getMessage()),
                    e);
        }
    }

    /// Returns when the server has ended.
    private void report(ServerProcess server, int on) throws IOException, InterruptedException {
        if (reportSeconds == 0) {
            server.awaitEnd(Long.MAX_VALUE);
            return;
        }
        long intervalNanos = TimeUnit.SECONDS.toNanos(reportSeconds);
        long next = System.nanoTime() + intervalNanos;
        ServerAccount account = ServerAccount.read(server, on);
        while (!server.awaitEnd(next - System.nanoTime())) {
            ServerAccount now = ServerAccount.read(server, on);
            out.println(now.since(account));
            account = now;
            next += intervalNanos;
        }
    }

    private void sum(ServerProcess server, long usedBefore, long beginNanos) {
        try {
            server.awaitEnd(Long.MAX_VALUE);
            out.println(
                    ServerAccount.sum(
                            ProcessCpu.endedChildrenNanos() - usedBefore,
                            System.nanoTime() - beginNanos));
        } catch (IOException | InterruptedException e) {
            System.err.println("what it used is unknown: " + e.getMessage());
        }
    }
}
