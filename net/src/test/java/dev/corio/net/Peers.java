package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.linux.SockAddr;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/// Two ends of one connection, on the current core.
final class Peers implements AutoCloseable {
    final TcpStream client;
    final TcpStream server;

    private Peers(TcpStream client, TcpStream server) {
        this.client = client;
        this.server = server;
    }

    static Peers open() throws IOException {
        try (TcpListener listener = TcpListener.bind(anyPort())) {
            TcpStream client = TcpStream.connect(listener.localAddress());
            return new Peers(client, listener.accept());
        }
    }

    static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    }

    /// Connects many at once, so that they come in the same moment: their descriptors.
    static List<Descriptor> crowd(Core core, InetSocketAddress address, int count)
            throws IOException {
        List<Descriptor> sockets = new ArrayList<>();
        List<Connect> connects = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            SockAddr target = SockAddr.of(arena, address);
            for (int i = 0; i < count; i++) {
                Descriptor socket = TcpSocket.open(address);
                Connect connect = new Connect(socket, address, target);
                sockets.add(socket);
                connects.add(connect);
                assertTrue(core.submit(connect));
            }
            for (Connect each : connects) {
                while (each.isInFlight()) {
                    Core.yield();
                }
                assertEquals(0, each.result(), each.toString());
            }
        }
        return sockets;
    }

    static int option(TcpStream stream, int level, int option) {
        return stream.core().sockets().getsockopt(stream.descriptor().fd(), level, option);
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
