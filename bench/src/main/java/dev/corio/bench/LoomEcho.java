package dev.corio.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/// Echo and TCP proxy on the JDK alone: a virtual thread per direction, blocking sockets, the
/// default scheduler, which on one CPU has one carrier.
final class LoomEcho implements Server {
    private static final int BACKLOG = 4096;
    private static final int BUFFER_BYTES = 16 * 1024;

    /// @param arguments where to listen, and the upstream, without which it is an echo
    @Override
    public void serve(String... arguments) throws IOException {
        InetSocketAddress upstream = arguments.length > 1 ? Server.address(arguments[1]) : null;
        try (ServerSocket listener = new ServerSocket()) {
            listener.bind(Server.address(arguments[0]), BACKLOG);
            System.out.println("loom-echo listening on " + listener.getLocalSocketAddress());
            while (true) {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> serve(client, upstream));
            }
        }
    }

    private static void serve(Socket client, @Nullable InetSocketAddress target) {
        try (client) {
            client.setTcpNoDelay(true);
            if (target == null) {
                copy(client, client);
            } else {
                relay(client, target);
            }
        } catch (IOException e) {
            System.err.println("loom-echo: " + e.getMessage());
        }
    }

    private static void relay(Socket client, InetSocketAddress target) throws IOException {
        try (Socket server = new Socket()) {
            server.setTcpNoDelay(true);
            server.connect(target);
            Thread back = Thread.ofVirtual().start(() -> copyQuietly(server, client));
            copy(client, server);
            server.shutdownOutput();
            back.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copyQuietly(Socket from, Socket to) {
        try {
            copy(from, to);
            to.shutdownOutput();
        } catch (IOException e) {
            System.err.println("loom-echo: " + e.getMessage());
        }
    }

    private static void copy(Socket from, Socket to) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            out.write(buffer, 0, count);
        }
    }
}
