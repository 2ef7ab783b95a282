package dev.corio.bench;

import java.util.List;
import java.util.stream.Stream;

/// The echo servers that are compared: each the same program in its own idiom.
///
/// **Threading:** immutable.
final class EchoPeers {
    private static final int SPIN_MICROS = 20;

    /// Those that are compared when none are named.
    static final List<Peer> USUAL =
            List.of(
                    c("c-uring", "C, liburing: single-shot recv and send", "echo_uring"),
                    c(
                            "c-uring-multishot",
                            "C, liburing: multishot recv from a buffer ring",
                            "echo_uring_multishot"),
                    c("c-epoll", "C, epoll: edge-triggered, optimistic", "echo_epoll"),
                    netty("netty-epoll", "EPOLL"),
                    netty("netty-io_uring", "IO_URING"),
                    nio(),
                    new Peer(
                            "loom",
                            "JDK, a virtual thread and a blocking socket per connection",
                            site -> JavaCommand.of(JavaFlags.JDK, "loom-echo", site.address())),
                    corio("corio-io_uring", "io_uring", ""),
                    corio("corio-io_uring-5.10", "io_uring", "kernel-5.10"),
                    corio("corio-epoll", "epoll", ""));

    static final List<Peer> ALL =
            Stream.concat(
                            USUAL.stream(),
                            Stream.of(corio("corio-io_uring-spin", "io_uring", "", SPIN_MICROS)))
                    .toList();

    /// A feature of io_uring alone: in the C program, before anybody builds anything on it.
    static final List<Peer> C_VARIANTS =
            List.of(
                    c("c-uring", "C, single-shot", "echo_uring"),
                    c("c-fixed-files", "… on direct descriptors", "echo_uring", "FIXED_FILES"),
                    c("c-poll-first", "… IORING_RECVSEND_POLL_FIRST", "echo_uring", "POLL_FIRST"),
                    c("c-zero-copy", "… IORING_OP_SEND_ZC", "echo_uring", "ZERO_COPY"),
                    c("c-multishot", "C, multishot, 1,024 buffers", "echo_uring_multishot"),
                    c("c-multishot-128", "… 128 buffers", "echo_uring_multishot", "BUFFERS=128"),
                    c(
                            "c-incremental",
                            "… 64 larger buffers, used up bit by bit",
                            "echo_uring_incremental"));

    private EchoPeers() {}

    static Peer c(String name, String description, String program, String... definitions) {
        return new Peer(
                name,
                description,
                site ->
                        List.of(
                                site.twins().program(program, definitions).toString(),
                                site.address()));
    }

    private static Peer netty(String name, String transport) {
        return new Peer(
                name,
                "Netty 4.2, one event loop, " + transport,
                site -> JavaCommand.of(JavaFlags.NETTY, "netty-echo", site.address(), transport));
    }

    /// Also the upstream behind the proxies: it needs nothing but a JDK.
    static Peer nio() {
        return new Peer(
                "nio",
                "JDK selector, one thread",
                site -> JavaCommand.of(JavaFlags.JDK, "nio-echo", site.address()));
    }

    static Peer corio(String name, String driver, String featureMask) {
        return corio(name, driver, featureMask, 0);
    }

    private static Peer corio(String name, String driver, String featureMask, int spinMicros) {
        String spin = spinMicros == 0 ? "" : " spin " + spinMicros + " us";
        return new Peer(
                name,
                "Corio, one core, a task per connection, " + driver + " " + featureMask + spin,
                site ->
                        JavaCommand.of(
                                JavaFlags.CORIO,
                                "corio-echo",
                                site.address(),
                                driver,
                                featureMask,
                                site.stats().toString(),
                                Integer.toString(spinMicros)));
    }
}
