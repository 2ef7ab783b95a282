package dev.corio.core;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;

/// The JDK's own sockets, first used by a task and then, when its core has ended, by a virtual
/// thread of the JDK and by a task of another core.
final class JdkSockets {
    private JdkSockets() {}

    public static void main(String[] arguments) throws Exception {
        onACore();
        Thread thread = Thread.ofVirtual().start(JdkSockets::exchangeUnchecked);
        if (!thread.join(Duration.ofSeconds(20))) {
            System.out.println("hangs: " + Arrays.toString(thread.getStackTrace()));
            System.exit(1);
        }
        onACore();
        System.out.println("ok");
    }

    private static void onACore() throws Exception {
        CoreOptions options = DriverUnderTest.EPOLL.options();
        try (Cores cores = Cores.start(options)) {
            cores.core(0).spawn("sockets", JdkSockets::exchange).join(Duration.ofSeconds(20));
        }
    }

    /// Reads that have to wait, so that the JDK's poller has something to do.
    private static void exchange() throws IOException, InterruptedException {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = new Socket(listener.getInetAddress(), listener.getLocalPort());
                Socket server = listener.accept()) {
            Thread answering =
                    Thread.startVirtualThread(() -> {
                        try {
                            Thread.sleep(50);
                            server.getOutputStream().write(7);
                        } catch (IOException | InterruptedException e) {
                            throw new AssertionError(e);
                        }
                    });
            if (client.getInputStream().read() != 7) {
                throw new AssertionError("another byte came");
            }
            answering.join();
        }
    }

    private static void exchangeUnchecked() {
        try {
            exchange();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
