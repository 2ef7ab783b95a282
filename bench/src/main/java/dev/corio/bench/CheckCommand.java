package dev.corio.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `corio bench check`: is our load generator right? The same echo server under a client that is
/// not ours.
@Command(
        name = "check",
        description = {
            "Measure one echo server with our load generator and with redis-benchmark, in"
                    + " interleaved rounds, closed loop, and show the difference."
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class CheckCommand implements Callable<Integer> {
    @Option(names = "--peer", description = "The server, one of those of `echo`.")
    private String name = "corio-io_uring";

    @Option(names = "--connections", description = "Connections at once.")
    private int connections = 64;

    @Option(names = "--size", description = "Bytes per message.")
    private int sizeBytes = 128;

    @Option(names = "--rounds", description = "Interleaved rounds.")
    private int rounds = 5;

    @Option(names = "--warmup", description = "Seconds not recorded per measurement.")
    private double warmupSeconds = 3;

    @Option(names = "--seconds", description = "Seconds recorded per measurement.")
    private double seconds = 5;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Peer peer = ComparisonOptions.peer(name, EchoPeers.ALL);
        Placement placement = Placement.choose();
        System.out.println(Machine.read(placement).text());
        LoadOptions load =
                new LoadOptions(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        connections,
                        0,
                        sizeBytes,
                        1,
                        warmupSeconds,
                        seconds,
                        0);
        try (Workbench workbench = Workbench.open(placement, Progress.onConsole())) {
            ClientCheck check = measure(workbench, peer, load);
            System.out.printf(
                    "%n%s under two clients, %s; medians of %d rounds of %s%n",
                    peer.name(), load.text(), rounds, load.duration());
            System.out.print(check.table().toText());
            ComparisonTable.disturbances(check.uses()).forEach(System.out::println);
        }
        return 0;
    }

    private ClientCheck measure(Workbench workbench, Peer peer, LoadOptions load)
            throws IOException, InterruptedException {
        List<String> program = LoadProcess.c(workbench.twins());
        List<ClientCheck.Reading> ours = new ArrayList<>();
        List<ClientCheck.Reading> others = new ArrayList<>();
        for (int number = 1; number <= rounds; number++) {
            workbench.progress().step("round %d of %d, our load".formatted(number, rounds));
            ours.add(underOurs(workbench, peer, program, load));
            workbench.progress().step("round %d of %d, redis-benchmark".formatted(number, rounds));
            others.add(underRedis(workbench, peer, program, load, ours.getLast().requests()));
        }
        workbench.progress().clear();
        return new ClientCheck(ours, others);
    }

    private static ClientCheck.Reading underOurs(
            Workbench workbench, Peer peer, List<String> program, LoadOptions load)
            throws IOException, InterruptedException {
        try (ServerProcess server = startWarm(workbench, peer, program, load)) {
            Gauge gauge = new Gauge(server, null, workbench.placement(), new QuietListener());
            LoadResult result = workbench.run(program, load.to(server.address()).measured(), gauge);
            if (result.errors() > 0) {
                throw new IOException(peer.name() + " failed: " + result.failure());
            }
            return new ClientCheck.Reading(
                    result.requestsPerSecond(),
                    result.micros(50),
                    result.micros(99),
                    result.maxMicros(),
                    result.requests(),
                    gauge.use(result.cpuNanos()));
        }
    }

    /// Redis' client takes a number of requests and no time: it gets as many as ours had answered.
    private static ClientCheck.Reading underRedis(
            Workbench workbench, Peer peer, List<String> program, LoadOptions load, long requests)
            throws IOException, InterruptedException {
        try (ServerProcess server = startWarm(workbench, peer, program, load)) {
            Gauge gauge = new Gauge(server, null, workbench.placement(), new QuietListener());
            long endedNanos = ProcessCpu.endedChildrenNanos();
            gauge.measuring();
            RedisBenchmark.Answer answer =
                    RedisBenchmark.run(
                            server.address(),
                            load.connections(),
                            load.sizeBytes(),
                            requests,
                            workbench.placement().loadCpu(),
                            workbench.scratch().file("redis-benchmark.log"));
            gauge.measured();
            return new ClientCheck.Reading(
                    answer.requestsPerSecond(),
                    answer.p50Micros(),
                    answer.p99Micros(),
                    answer.maxMicros(),
                    requests,
                    gauge.use(ProcessCpu.endedChildrenNanos() - endedNanos));
        }
    }

    private static ServerProcess startWarm(
            Workbench workbench, Peer peer, List<String> program, LoadOptions load)
            throws IOException, InterruptedException {
        ServerProcess server = workbench.start(peer, workbench.placement().serverCpu(), null);
        try {
            workbench.run(program, load.to(server.address()).warmup(), new QuietListener());
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }
}
