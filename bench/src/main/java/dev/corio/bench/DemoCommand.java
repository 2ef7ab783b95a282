package dev.corio.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `corio demo`: real traffic through the proxy on io_uring and through the same proxy on epoll,
/// and one table of what each of them took.
@Command(
        name = "demo",
        description = {
            "Sends load through the proxy on io_uring and through the same proxy on epoll, in"
                    + " interleaved rounds, and prints one table. Takes under a minute.",
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class DemoCommand implements Callable<Integer> {
    private static final int ROUNDS = 2;

    /// A minute is promised, so a disturbed round is not repeated, only admitted.
    private static final int TRIES = 1;

    @Option(names = "--seconds", description = "Measured per driver, in two rounds.")
    private double seconds = 8;

    @Option(names = "--warmup", description = "Seconds not recorded before each round.")
    private double warmupSeconds = 3;

    @Option(names = "--connections", description = "Connections at once.")
    private int connections = 64;

    @Option(names = "--size", description = "Bytes per message.")
    private int sizeBytes = 128;

    private final PrintStream out = System.out;

    @Override
    public Integer call() throws IOException, InterruptedException {
        LoadOptions load =
                new LoadOptions(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        connections,
                        0,
                        sizeBytes,
                        1,
                        warmupSeconds,
                        seconds / ROUNDS,
                        0);
        Placement placement = Placement.choose();
        Machine machine = Machine.read(placement);
        out.printf(
                "%d connections send %d B each through a Corio proxy to an echo server and wait for"
                        + " the answer.%nThe proxy runs once on io_uring and once on epoll: the same"
                        + " program, alone on CPU %d, two rounds each.%n%n",
                connections, sizeBytes, placement.serverCpu());
        try (Workbench workbench = Workbench.open(placement, Progress.onConsole())) {
            Comparison comparison =
                    new Comparison(
                            workbench,
                            LoadProcess.java(),
                            ProxyPeers.UPSTREAM,
                            List.of(ProxyPeers.CORIO_IO_URING, ProxyPeers.CORIO_EPOLL),
                            new Patience(1, TRIES, 0, 0, false));
            List<Round> rounds = comparison.run(load, ROUNDS, round -> {});
            List<Summary> summaries = Summary.of(rounds, ProxyPeers.CORIO_EPOLL.name());
            if (summaries.isEmpty()) {
                throw new IOException(String.join("\n", comparison.leftOut()));
            }
            print(machine, summaries, comparison.leftOut());
        }
        return 0;
    }

    private void print(Machine machine, List<Summary> summaries, List<String> leftOut) {
        out.print(DemoTable.of(summaries).toText());
        out.println();
        leftOut.forEach(out::println);
        out.println(DemoTable.reading(summaries));
        DemoTable.warnings(summaries).forEach(out::println);
        out.println("On " + machine.text() + ", closed loop.");
        out.println("More, and against C, Netty, HAProxy and nginx: ./corio bench --help");
    }
}
