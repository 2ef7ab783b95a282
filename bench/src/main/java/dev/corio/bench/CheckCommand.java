package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Keep raw data there; a report made of it shows the table.")
    private @Nullable Path directory;

    @Option(names = "--markdown", description = "Print the table as Markdown.")
    private boolean isMarkdown;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Peer peer = ComparisonOptions.peer(name, EchoPeers.ALL);
        Placement placement = Placement.choose();
        System.out.println(Machine.read(placement).text());
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
        try (Workbench workbench = Workbench.open(placement, Progress.onConsole())) {
            List<String> program = LoadProcess.c(workbench.twins());
            ClientCheck check = new LoadCheck(workbench, program, peer, load).run(rounds);
            System.out.printf("%n%s%n", check.title());
            System.out.print(isMarkdown ? check.table().toMarkdown() : check.table().toText());
            ComparisonTable.disturbances(check.uses()).forEach(System.out::println);
            if (directory != null) {
                System.out.println("raw data: " + check.write(directory));
            }
        }
        return 0;
    }
}
