package dev.corio.bench;

import java.net.InetSocketAddress;
import picocli.CommandLine.Option;

/// The option that tells a server of the comparisons where to listen.
///
/// **Threading:** immutable once parsed.
final class ListenAt {
    @Option(
            names = "--listen",
            required = true,
            paramLabel = "HOST:PORT",
            description = "Where to listen.")
    private InetSocketAddress address = new InetSocketAddress(0);

    InetSocketAddress address() {
        return address;
    }
}
