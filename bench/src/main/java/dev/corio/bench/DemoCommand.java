package dev.corio.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Option;

/// `corio demo`: real traffic through the proxy on io_uring and through the same proxy on epoll,
/// and one table of what each of them took.
@Command(
        name = "demo",
        description = {
            "Sends load through the proxy on io_uring and through the same proxy on epoll, in"
                    + " short alternating turns, and prints one table. Takes under a minute.",
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class DemoCommand implements Callable<Integer> {
    /// A minute is promised: a disturbed turn is not repeated, only admitted, and what warms the
    /// servers up is less than what a comparison takes.
    private static final int TRIES = 1;

    private static final int CHURNS = 3;
    private static final double WARMUP_SECONDS_MAX = 2;
    private static final int TURNS = 12;

    /// Each turn has a load of its own to start, and a JVM takes a second for that.
    private static final int TURNS_OF_JAVA = 8;

    @Option(
            names = "--turns",
            description =
                    "Turns of each driver (12; 8 where Java sends the load, for want of gcc or"
                            + " liburing-dev).",
            showDefaultValue = Help.Visibility.NEVER)
    private @Nullable Integer turns;

    @Option(names = "--seconds", description = "Measured per driver, divided among its turns.")
    private double seconds = 4.8;

    @Option(names = "--warmup", description = "Seconds not recorded, before the turns.")
    private double warmupSeconds = 2;

    @Option(names = "--connections", description = "Connections at once.")
    private int connections = 64;

    @Option(names = "--size", description = "Bytes per message.")
    private int sizeBytes = 128;

    private final PrintStream out = System.out;

    @Override
    public Integer call() throws IOException, InterruptedException {
        LoadOptions load =
                new LoadOptions(
                        LoadOptions.NO_TARGET,
                        connections,
                        0,
                        sizeBytes,
                        1,
                        warmupSeconds,
                        seconds,
                        0);
        Placement placement = Placement.choose();
        Machine machine = Machine.read(placement);
        try (Workbench workbench = Workbench.open(placement, Progress.onConsole())) {
            List<String> program = LoadProcess.javaSoonWarm();
            boolean isLoadInC = false;
            try {
                program = LoadProcess.c(workbench.twins());
                isLoadInC = true;
            } catch (IOException e) {
                out.println("The load is sent by Java: " + e.getMessage());
            }
            Patience patience = patience(isLoadInC);
            out.printf(
                    "%d connections send %d B each through a Corio proxy to an echo server and wait"
                            + " for the answer.%nTwo of these proxies run, one on io_uring and one"
                            + " on epoll: the same program on CPU %d, in turns,%n%d of %s"
                            + " each; who has no turn has nothing to do.%n%n",
                    connections,
                    sizeBytes,
                    placement.serverCpu(),
                    patience.turns(),
                    load.turn(patience.turns()).duration());
            Comparison comparison =
                    new Comparison(
                            workbench,
                            program,
                            ProxyPeers.UPSTREAM,
                            List.of(ProxyPeers.CORIO_IO_URING, ProxyPeers.CORIO_EPOLL),
                            patience);
            List<Round> rounds = comparison.run(load, 1, round -> {});
            List<Summary> summaries = Summary.of(rounds, ProxyPeers.CORIO_EPOLL.name());
            if (summaries.isEmpty()) {
                throw new IOException(String.join("\n", comparison.leftOut()));
            }
            print(machine, summaries, comparison.leftOut());
        }
        return 0;
    }

    private Patience patience(boolean isLoadInC) {
        int usual = isLoadInC ? TURNS : TURNS_OF_JAVA;
        int count = turns == null ? usual : turns;
        if (count < 2) {
            throw new IllegalArgumentException("--turns must be at least 2: " + count);
        }
        return new Patience(count, TRIES, CHURNS, WARMUP_SECONDS_MAX, false);
    }

    private void print(Machine machine, List<Summary> summaries, List<String> leftOut) {
        out.print(DemoTable.of(summaries).toText());
        out.println();
        leftOut.forEach(out::println);
        out.println(DemoTable.reading(summaries));
        DemoTable.warnings(summaries).forEach(out::println);
        out.println("On " + machine.text() + ", closed loop.");
        out.println(
                "These were one process each, and JVMs differ by some percent. More of them, and"
                        + " against C, Netty, HAProxy and nginx: ./corio bench --help");
    }
}
