package dev.corio.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/// A real server as the proxy's upstream: one process on a loopback port of its own, with all its
/// files in one directory. It can be killed and started again at the same port.
final class ServerProcess implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);
    private static final int ATTEMPTS = 5;

    // Below the ports that the kernel gives to clients, so that none of those can take a port while
    // its server is down.
    private static final int PORT_MIN = 10_000;
    private static final int PORT_LIMIT = 32_000;

    private final Path directory;
    private final int port;
    private final List<String> command;
    private Process process;

    private ServerProcess(Path directory, int port, List<String> command) {
        this.directory = directory;
        this.port = port;
        this.command = command;
    }

    /// redis-server without persistence, for up to 12,000 clients.
    static ServerProcess redis(Path directory) throws Exception {
        return start(
                directory,
                port ->
                        Program.REDIS_SERVER.command(
                                "--port",
                                "" + port,
                                "--bind",
                                "127.0.0.1",
                                "--dir",
                                directory.toString(),
                                "--save",
                                "",
                                "--appendonly",
                                "no",
                                "--maxclients",
                                "12000",
                                "--tcp-backlog",
                                "4096"));
    }

    /// nginx: serves the directory's `files` at `/`, the same at 1 MiB per second at `/slow/`, and
    /// takes uploads at `/uploads/`.
    static ServerProcess nginx(Path directory) throws Exception {
        Files.createDirectories(directory.resolve("files"));
        Files.createDirectories(directory.resolve("uploads"));
        Path configuration = directory.resolve("nginx.conf");
        return start(
                directory,
                port -> {
                    write(configuration, nginxConfiguration(directory, port));
                    return Program.NGINX.command(
                            "-p", directory.toString(), "-c", configuration.toString());
                });
    }

    int port() {
        return port;
    }

    /// As `--to` wants it.
    String address() {
        return "127.0.0.1:" + port;
    }

    /// SIGKILL. When it returns the process is gone, and its sockets with it.
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /// Starts it at the port it had.
    void restart() throws IOException, InterruptedException {
        if (!tryStart()) {
            throw new AssertionError("does not start again: " + command + "\n" + log());
        }
    }

    /// What it has printed.
    String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            kill();
        }
    }

    private static ServerProcess start(Path directory, IntFunction<List<String>> command)
            throws IOException, InterruptedException {
        for (int i = 1; ; i++) {
            int port = freePort();
            ServerProcess server = new ServerProcess(directory, port, command.apply(port));
            if (server.tryStart()) {
                return server;
            }
            if (i == ATTEMPTS) {
                throw new AssertionError("does not start: " + server.command + "\n" + server.log());
            }
        }
    }

    private boolean tryStart() throws IOException, InterruptedException {
        process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("log").toFile())
                        .start();
        process.getOutputStream().close();
        long deadlineNanos = System.nanoTime() + START_TIMEOUT.toNanos();
        while (process.isAlive() && System.nanoTime() < deadlineNanos) {
            try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
                // Somebody answers: we, unless we could not bind and are about to end.
                Thread.sleep(50);
                return probe.isConnected() && process.isAlive();
            } catch (IOException e) {
                Thread.sleep(10);
            }
        }
        kill();
        return false;
    }

    private static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(PORT_MIN, PORT_LIMIT);
            try (ServerSocket probe = new ServerSocket()) {
                probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (IOException taken) {
                continue;
            }
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String nginxConfiguration(Path directory, int port) {
        return """
        daemon off;
        master_process off;
        pid "DIRECTORY/nginx.pid";
        error_log stderr;
        events {
            worker_connections 1024;
        }
        http {
            access_log off;
            sendfile on;
            keepalive_requests 1000000;
            client_max_body_size 0;
            client_body_temp_path "DIRECTORY/bodies";
            proxy_temp_path "DIRECTORY/proxied";
            fastcgi_temp_path "DIRECTORY/fastcgi";
            uwsgi_temp_path "DIRECTORY/uwsgi";
            scgi_temp_path "DIRECTORY/scgi";
            server {
                listen 127.0.0.1:PORT backlog=1024;
                root "DIRECTORY/files";
                location /slow/ {
                    alias "DIRECTORY/files/";
                    limit_rate 1m;
                }
                location /uploads/ {
                    root "DIRECTORY";
                    dav_methods PUT;
                }
            }
        }
        """
                .replace("DIRECTORY", directory.toString())
                .replace("PORT", String.valueOf(port));
    }
}
