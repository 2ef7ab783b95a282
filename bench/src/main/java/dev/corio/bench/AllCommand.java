package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `corio bench all`, and what `corio bench` alone does: every comparison, and the report.
@Command(
        name = "all",
        description = {
            "Compare echo servers and proxies, check the load generator, and make a report of it."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "The report is report.html in the directory of --out, bench-results without it.",
            "Without --at and --rate there are open loops too, at 25,50,75.",
            "Echo servers: " + EchoCommand.PEERS + ".",
            "Proxies: " + ProxyCommand.PEERS + ".",
            EchoCommand.WHEN_NAMED
        })
final class AllCommand implements Callable<Integer> {
    private static final List<Integer> PERCENTS = List.of(25, 50, 75);

    @Mixin private ComparisonOptions options = new ComparisonOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        options.checkNames(Stream.concat(EchoPeers.ALL.stream(), ProxyPeers.ALL.stream()).toList());
        options.atUnlessGiven(PERCENTS);
        Path directory = options.directoryOr(Path.of("bench-results"));
        ComparisonRun run = new ComparisonRun(options, directory, System.out);
        run.expect(ProxyPeers.USUAL, ProxyPeers.ALL);
        run.run(EchoCommand.TITLE, "echo", EchoPeers.USUAL, EchoPeers.ALL, null);
        run.run(ProxyCommand.TITLE, "proxy", ProxyPeers.USUAL, ProxyPeers.ALL, ProxyPeers.UPSTREAM);
        run.check(EchoPeers.USUAL, EchoPeers.ALL);
        System.out.println("report: " + Report.write(directory));
        return 0;
    }
}
