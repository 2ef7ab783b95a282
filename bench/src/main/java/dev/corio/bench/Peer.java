package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// One server of a comparison: a name for tables and for `--peers`, and how to start it.
///
/// **Threading:** immutable.
record Peer(String name, String description, Launch launch) {

    /// The same program under another name, with `arguments` after its own.
    Peer with(String otherName, String... arguments) {
        return new Peer(
                otherName,
                description + " " + String.join(" ", arguments),
                site ->
                        Stream.concat(launch.command(site).stream(), Stream.of(arguments))
                                .toList());
    }

    /// Answers the command line that starts the peer. Whatever it lacks (a compiler, a package) is
    /// an exception whose text says so and names the remedy: the comparison goes on without it.
    interface Launch {
        List<String> command(Site site) throws IOException;
    }

    /// Where a peer is to run.
    ///
    /// @param port the loopback port to listen on
    /// @param upstreamPort the echo server behind a proxy, or 0
    /// @param stats where a peer that counts its system calls writes them when it ends
    /// @param twins the C programs
    /// @param directory scratch space for configuration files
    record Site(int port, int upstreamPort, Path stats, CTwins twins, Path directory) {
        String upstream() {
            return "127.0.0.1:" + upstreamPort;
        }

        String address() {
            return "127.0.0.1:" + port;
        }
    }
}
