package dev.corio.bench;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `corio bench proxy`: TCP proxies before an echo server, against each other.
@Command(
        name = "proxy",
        description = "Compare TCP proxies, each alone on one CPU.",
        mixinStandardHelpOptions = true,
        footer = {"", "Peers: " + ProxyCommand.PEERS + ".", EchoCommand.WHEN_NAMED})
final class ProxyCommand implements Callable<Integer> {
    static final String TITLE = "TCP proxies";

    /// Those of [ProxyPeers#USUAL], for the help.
    static final String PEERS =
            "haproxy, nginx, netty-epoll, netty-io_uring, nio, loom, corio-io_uring,"
                    + " corio-io_uring-5.10, corio-epoll";

    @Mixin private ComparisonOptions options = new ComparisonOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        options.checkNames(ProxyPeers.ALL);
        new ComparisonRun(options, options.directory(), System.out)
                .run(TITLE, "proxy", ProxyPeers.USUAL, ProxyPeers.ALL, ProxyPeers.UPSTREAM);
        return 0;
    }
}
