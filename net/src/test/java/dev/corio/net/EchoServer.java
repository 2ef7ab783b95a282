package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Cores;
import dev.corio.core.IoBuffer;
import dev.corio.core.Task;
import java.io.IOException;
import java.net.InetSocketAddress;

/// The example of the README, which [ReadmeTest] compares with this and runs.
public final class EchoServer {
    public static void main(String[] arguments) throws Exception {
        var address = new InetSocketAddress(Integer.parseInt(arguments[0]));
        try (Cores cores = Cores.start()) { // one pinned core for each CPU
            for (Task<Void> task : cores.spawnOnEach("accept", core -> serve(core, address))) {
                task.join();
            }
        }
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
                IoBuffer buffer = IoBuffer.lease()) {
            while (stream.read(buffer) != -1) {
                stream.writeFully(buffer);
            }
        }
    }
}
