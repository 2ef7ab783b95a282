package dev.corio.bench;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `corio bench echo`: the echo servers against each other.
@Command(
        name = "echo",
        description = "Compare echo servers, each alone on one CPU.",
        mixinStandardHelpOptions = true,
        footer = {"", "Peers: " + EchoCommand.PEERS + ".", EchoCommand.WHEN_NAMED})
final class EchoCommand implements Callable<Integer> {
    static final String TITLE = "Echo servers";

    /// Those of [EchoPeers#USUAL], for the help.
    static final String PEERS =
            "c-uring, c-uring-multishot, c-epoll, netty-epoll, netty-io_uring, nio, loom,"
                    + " corio-io_uring, corio-io_uring-5.10, corio-epoll";

    static final String WHEN_NAMED =
            "Only when named: corio-io_uring-spin, which looks for work for 20 µs before it sleeps.";

    @Mixin private ComparisonOptions options = new ComparisonOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        options.checkNames(EchoPeers.ALL);
        new ComparisonRun(options, options.directory(), System.out)
                .run(TITLE, "echo", EchoPeers.USUAL, EchoPeers.ALL, null);
        return 0;
    }
}
