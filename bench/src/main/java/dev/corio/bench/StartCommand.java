package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `corio bench start`: how soon a fresh process serves.
@Command(
        name = "start",
        description = {
            "Measure echo servers from the start of their process to the first byte echoed over a"
                    + " fresh connection, in interleaved rounds, each alone on one CPU."
        },
        mixinStandardHelpOptions = true,
        footer = {"", "Peers: those of `echo`."})
final class StartCommand implements Callable<Integer> {
    private static final long CACHE_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

    @Option(names = "--rounds", description = "Interleaved rounds (${DEFAULT-VALUE}).")
    private int rounds = 11;

    @Option(names = "--peers", split = ",", description = "Which ones (${DEFAULT-VALUE}).")
    private List<String> names =
            List.of(
                    "corio-io_uring",
                    "corio-epoll",
                    "netty-epoll",
                    "netty-io_uring",
                    "nio",
                    "c-uring");

    @Option(
            names = "--aot",
            description = {
                "Beside each JVM also one with a cache of its classes (-XX:AOTCache), made by one"
                        + " start before."
            })
    private boolean withCaches;

    @Option(names = "--markdown", description = "Print the table as Markdown.")
    private boolean isMarkdown;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds < 1) {
            throw new IllegalArgumentException("--rounds must be at least 1: " + rounds);
        }
        List<Peer> peers = new ArrayList<>();
        for (String name : names) {
            peers.add(ComparisonOptions.peer(name, EchoPeers.ALL));
        }
        Placement placement = Placement.choose();
        System.out.println(Machine.read(placement).text());
        List<String> leftOut = new ArrayList<>();
        Map<String, List<Double>> millis;
        try (Workbench workbench = Workbench.open(placement, Progress.onConsole())) {
            if (withCaches) {
                peers = withCaches(workbench, peers);
            }
            millis = measure(workbench, peers, rounds, leftOut);
        }
        System.out.printf(
                "%nfrom start to first byte; medians of %d rounds (%s)%n",
                rounds, Spread.bounds(rounds));
        Table table = table(millis);
        System.out.print(isMarkdown ? table.toMarkdown() : table.toText());
        leftOut.forEach(System.out::println);
        return 0;
    }

    /// Behind each peer that is a JVM the same with a cache of its classes, which this makes.
    static List<Peer> withCaches(Workbench workbench, List<Peer> peers)
            throws IOException, InterruptedException {
        List<Peer> all = new ArrayList<>();
        for (Peer peer : peers) {
            all.add(peer);
            Path cache = workbench.file(peer.name() + ".aot");
            Peer trained =
                    peer.withJvmOption(peer.name() + " --aot", "-XX:AOTCacheOutput=" + cache);
            if (!workbench.isJvm(peer)) {
                continue;
            }
            workbench.progress().step("a cache for " + peer.name());
            int cpu = workbench.placement().serverCpu();
            try (ServerProcess server = workbench.start(trained, cpu, null)) {
                // It writes the cache when it ends.
                server.end(CACHE_NANOS_MAX);
                if (!Files.exists(cache)) {
                    throw server.failure("left no cache of its classes");
                }
            }
            all.add(peer.withJvmOption(trained.name(), "-XX:AOTCache=" + cache));
        }
        return all;
    }

    /// Answers milliseconds by peer. One that fails is left out of all rounds, with its reason in
    /// `leftOut`.
    static Map<String, List<Double>> measure(
            Workbench workbench, List<Peer> peers, int rounds, List<String> leftOut)
            throws IOException, InterruptedException {
        Map<String, List<Double>> millis = new LinkedHashMap<>();
        List<Peer> left = new ArrayList<>(peers);
        for (int number = 1; number <= rounds; number++) {
            for (Peer peer : List.copyOf(left)) {
                workbench
                        .progress()
                        .step("round %d of %d, %s".formatted(number, rounds, peer.name()));
                try (ServerProcess server =
                        workbench.start(peer, workbench.placement().serverCpu(), null)) {
                    millis.computeIfAbsent(peer.name(), name -> new ArrayList<>())
                            .add(server.startMillis());
                } catch (IOException e) {
                    ChildProcess.awaitEndAfterSignal();
                    left.remove(peer);
                    millis.remove(peer.name());
                    leftOut.add(peer.name() + " is left out: " + e.getMessage());
                }
            }
        }
        workbench.progress().clear();
        return millis;
    }

    static Table table(Map<String, List<Double>> millis) {
        Table table = new Table("server", "ms");
        millis.forEach((name, own) -> {
            Spread spread = Spread.of(own);
            table.add(name, spread.text("%.1f"));
        });
        return table;
    }
}
