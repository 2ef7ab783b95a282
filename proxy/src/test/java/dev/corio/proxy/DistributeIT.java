package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/// `--accept distribute`: one core accepts for all.
final class DistributeIT {
    private static final int CONNECTIONS = 8;

    @EveryDriver
    void connectionsAreServedWhicheverCoreTheyGoTo(ProxyUnderTest driver) throws Exception {
        try (ServerSocket upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> echoAll(upstream));
            driver.run(
                    proxy -> {
                        List<Socket> clients = new ArrayList<>();
                        for (int i = 0; i < CONNECTIONS; i++) {
                            Socket client = proxy.connect();
                            clients.add(client);
                            client.getOutputStream().write(i);
                            assertEquals(i, client.getInputStream().read());
                        }
                        for (Socket client : clients) {
                            client.shutdownOutput();
                            assertEquals(-1, client.getInputStream().read());
                            client.close();
                        }
                    },
                    "--to",
                    "127.0.0.1:" + upstream.getLocalPort(),
                    "--accept",
                    "distribute");
        }
    }

    private static void echoAll(ServerSocket upstream) {
        try {
            while (true) {
                Socket socket = upstream.accept();
                Thread.ofPlatform().daemon().start(() -> echo(socket));
            }
        } catch (IOException closed) {
            return;
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
