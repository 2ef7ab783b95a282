package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Corio;
import dev.corio.core.IoBuffer;
import java.io.IOException;
import java.net.InetSocketAddress;

/// The example of the README, which [ReadmeTest] compares with this and runs.
public final class EchoServer {
    public static void main(String[] arguments) {
        var address = new InetSocketAddress(Integer.parseInt(arguments[0]));
        Corio.main( // starts one pinned core for each CPU, and this task on the first
                arguments,
                core -> {
                    for (var task : core.cores().spawnOnEach("accept", c -> serve(c, address))) {
                        task.join();
                    }
                });
    }

    static void serve(Core core, InetSocketAddress address) throws IOException {
        try (TcpListener listener = TcpListener.bind(address)) { // each core has its own
            while (true) {
                TcpStream stream = listener.accept(); // suspends this task, never the core
                core.spawn("echo", () -> echo(stream));
            }
        }
    }

    static void echo(TcpStream stream) throws IOException {
        try (stream;
                IoBuffer message = IoBuffer.unleased()) { // memory comes with the bytes
            while (stream.receive(message)) {
                stream.send(message); // goes out while the next one is awaited
            }
        }
    }
}
