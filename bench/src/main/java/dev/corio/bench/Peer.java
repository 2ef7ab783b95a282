package dev.corio.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One server of a comparison: a name for tables and for `--peers`, and how to start it.
///
/// **Threading:** immutable.
record Peer(String name, String description, Launch launch) {

    /// The same program under another name, with `arguments` after its own.
    Peer with(String otherName, String... arguments) {
        return new Peer(
                otherName,
                description.strip() + " " + String.join(" ", arguments),
                site ->
                        Stream.concat(launch.command(site).stream(), Stream.of(arguments))
                                .toList());
    }

    /// The same JVM with an option of its own.
    Peer withJvmOption(String otherName, String option) {
        return new Peer(
                otherName,
                description.strip() + " " + option,
                site -> {
                    List<String> command = new ArrayList<>(launch.command(site));
                    command.add(1, option);
                    return command;
                });
    }

    /// Answers the command line that starts the peer. Whatever it lacks (a compiler, a package) is
    /// an exception whose text says so and names the remedy: the comparison goes on without it.
    interface Launch {
        List<String> command(Site site) throws IOException;
    }

    /// Where a peer is to run.
    ///
    /// @param listen the address to listen on
    /// @param behind the echo server behind a proxy, or null
    /// @param stats where a peer that counts its system calls writes them when it ends
    /// @param twins the C programs
    /// @param directory scratch space for configuration files
    record Site(
            InetSocketAddress listen,
            @Nullable InetSocketAddress behind,
            Path stats,
            CTwins twins,
            Path directory) {

        int port() {
            return listen.getPort();
        }

        String address() {
            return text(listen);
        }

        String upstream() {
            if (behind == null) {
                throw new IllegalArgumentException("a proxy needs an upstream");
            }
            return text(behind);
        }

        /// As command lines and configurations have it: numbers, and IPv6 in brackets.
        static String text(InetSocketAddress address) {
            String host = address.getAddress().getHostAddress();
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
        }
    }
}
