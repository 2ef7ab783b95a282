package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The TCP proxies that are compared, one worker each.
///
/// **Threading:** immutable.
final class ProxyPeers {
    /// What stands behind them. A log is named after its peer, so it shares no name with them.
    static final Peer UPSTREAM = EchoPeers.nio().with("upstream");

    static final Peer CORIO_IO_URING = corio("corio-io_uring", "io_uring", "");
    static final Peer CORIO_EPOLL = corio("corio-epoll", "epoll", "");

    /// Those that are compared when none are named.
    static final List<Peer> USUAL =
            List.of(
                    new Peer("haproxy", "HAProxy, mode tcp, one thread", ProxyPeers::haproxy),
                    new Peer("nginx", "nginx stream, one worker", ProxyPeers::nginx),
                    netty("netty-epoll", "EPOLL"),
                    netty("netty-io_uring", "IO_URING"),
                    new Peer(
                            "nio",
                            "JDK selector, one thread",
                            site ->
                                    JavaCommand.of(
                                            JavaFlags.JDK,
                                            "nio-relay",
                                            site.address(),
                                            site.upstream())),
                    new Peer(
                            "loom",
                            "JDK, a virtual thread and a blocking socket per direction",
                            site ->
                                    JavaCommand.of(
                                            JavaFlags.JDK,
                                            "loom-echo",
                                            site.address(),
                                            site.upstream())),
                    CORIO_IO_URING,
                    corio("corio-io_uring-5.10", "io_uring", "kernel-5.10"),
                    CORIO_EPOLL);

    static final List<Peer> ALL =
            Stream.concat(
                            USUAL.stream(),
                            Stream.of(CORIO_IO_URING.with("corio-io_uring-spin", "--spin", "20us")))
                    .toList();

    private static final List<Path> SYSTEM_DIRECTORIES =
            List.of(
                    Path.of("/usr/sbin"),
                    Path.of("/usr/bin"),
                    Path.of("/usr/local/sbin"),
                    Path.of("/usr/local/bin"));
    private static final Path NGINX_STREAM = Path.of("/usr/lib/nginx/modules/ngx_stream_module.so");

    private ProxyPeers() {}

    private static Peer netty(String name, String transport) {
        return new Peer(
                name,
                "Netty 4.2, one event loop, " + transport,
                site ->
                        JavaCommand.of(
                                JavaFlags.NETTY,
                                "netty-relay",
                                site.address(),
                                site.upstream(),
                                transport));
    }

    static Peer corio(String name, String driver, String featureMask) {
        return new Peer(
                name,
                "Corio, one core, " + driver + " " + featureMask,
                site -> {
                    List<String> command = new ArrayList<>();
                    command.add(JavaCommand.java());
                    command.addAll(JavaFlags.CORIO);
                    command.add("-Dcorio.uring.features=" + featureMask);
                    command.addAll(ProxyJar.arguments());
                    command.addAll(
                            List.of(
                                    "proxy",
                                    "--listen",
                                    site.address(),
                                    "--to",
                                    site.upstream(),
                                    "--driver",
                                    driver,
                                    "--stats",
                                    site.stats().toString()));
                    return command;
                });
    }

    private static List<String> haproxy(Peer.Site site) throws IOException {
        Path program = program("haproxy", "haproxy");
        Path file = site.directory().resolve("haproxy-" + site.port() + ".cfg");
        Files.writeString(
                file,
                """
                global
                  nbthread 1
                  maxconn 8000
                defaults
                  mode tcp
                  timeout connect 3s
                  timeout client 5m
                  timeout server 5m
                listen relay
                  bind %s
                  server upstream %s
                """
                        .formatted(site.address(), site.upstream()));
        return List.of(program.toString(), "-db", "-f", file.toString());
    }

    private static List<String> nginx(Peer.Site site) throws IOException {
        Path program = program("nginx", "nginx libnginx-mod-stream");
        String module = Files.exists(NGINX_STREAM) ? "load_module " + NGINX_STREAM + ";" : "";
        Path file = site.directory().resolve("nginx-" + site.port() + ".conf");
        Files.writeString(
                file,
                """
                %s
                daemon off;
                master_process off;
                worker_processes 1;
                worker_rlimit_nofile 16384;
                pid %s.pid;
                error_log stderr warn;
                events { worker_connections 16000; }
                stream {
                  server {
                    listen %s backlog=4096;
                    tcp_nodelay on;
                    proxy_pass %s;
                  }
                }
                """
                        .formatted(module, file, site.address(), site.upstream()));
        return List.of(program.toString(), "-c", file.toString(), "-p", site.directory() + "/");
    }

    private static Path program(String name, String packages) throws IOException {
        return find(name)
                .orElseThrow(() ->
                        new IOException(
                                "%s is not installed (apt-get install %s)"
                                        .formatted(name, packages)));
    }

    /// A program of the system by its name, where it is installed.
    static Optional<Path> find(String name) {
        return SYSTEM_DIRECTORIES.stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
