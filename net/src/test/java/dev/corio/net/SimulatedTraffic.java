package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.IoBuffer;
import dev.corio.core.Simulation;
import dev.corio.core.Task;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;

/// A small world for simulations: an echo server, a proxy before it, and clients of both who check
/// every byte. In half of the runs somebody cancels tasks, or the core is closed in the middle.
final class SimulatedTraffic implements Simulation.Program {
    static final InetSocketAddress SERVER = new InetSocketAddress("10.0.0.1", 80);
    static final InetSocketAddress PROXY = new InetSocketAddress("10.0.0.2", 8080);

    private static final int BYTES_MAX = 8_000;

    private final boolean nothingFails;
    private final Link link;

    /// How the proxy moves bytes between two streams.
    @FunctionalInterface
    interface Link {
        void run(TcpStream client, TcpStream upstream) throws IOException;
    }

    /// @param nothingFails whether the kernel makes no errors: then every byte must come
    SimulatedTraffic(boolean nothingFails, Link link) {
        this.nothingFails = nothingFails;
        this.link = link;
    }

    static void relay(TcpStream client, TcpStream upstream) throws IOException {
        Relay.run(client, upstream, new RelayOptions(Duration.ofSeconds(30)));
    }

    @Override
    public void run(Core core, RandomGenerator random) throws Exception {
        boolean chaos = random.nextBoolean();
        boolean cut = random.nextInt(4) == 0;
        Task<Void> server = core.spawn("server", () -> serve(core, SERVER, SimulatedTraffic::echo));
        Task<Void> proxy = core.spawn("proxy", () -> serve(core, PROXY, this::pass));
        // Mostly both listen by then.
        Core.sleep(Duration.ofMillis(random.nextInt(1, 50)));
        List<Task<Void>> clients = new ArrayList<>();
        int count = random.nextInt(1, 9);
        for (int i = 0; i < count; i++) {
            InetSocketAddress address = random.nextInt(4) == 0 ? SERVER : PROXY;
            Client client = new Client(core, address, random.nextInt(BYTES_MAX), i, !chaos && !cut);
            clients.add(core.spawn("client " + i, client::run));
        }
        if (chaos) {
            disturb(random, clients);
        }
        if (cut) {
            // Closes the core in the middle of it.
            Core.sleep(Duration.ofMillis(random.nextInt(50)));
            return;
        }
        for (Task<Void> client : clients) {
            join(client);
        }
        server.cancel();
        join(server);
        if (random.nextBoolean()) {
            proxy.cancel();
            join(proxy);
        }
    }

    private static void disturb(RandomGenerator random, List<Task<Void>> clients) throws Exception {
        for (int i = random.nextInt(5); i > 0; i--) {
            Core.sleep(Duration.ofNanos(random.nextLong(5_000_000)));
            clients.get(random.nextInt(clients.size())).cancel();
        }
    }

    private static void join(Task<Void> task) throws Exception {
        try {
            task.join();
        } catch (CancellationException e) {
            // As it was asked to.
            return;
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof IOException)) {
                throw e;
            }
        }
    }

    /// What is done with one accepted connection.
    @FunctionalInterface
    private interface Service {
        void serve(TcpStream stream) throws IOException;
    }

    private void serve(Core core, InetSocketAddress address, Service service) throws Exception {
        try (TcpListener listener = bind(address)) {
            while (true) {
                TcpStream stream;
                try {
                    stream = listener.accept();
                } catch (IOException e) {
                    if (nothingFails || Thread.currentThread().isInterrupted()) {
                        throw e;
                    }
                    Core.sleep(Duration.ofMillis(10));
                    continue;
                }
                core.spawn("connection", () -> service(service, stream));
            }
        }
    }

    private TcpListener bind(InetSocketAddress address) throws Exception {
        while (true) {
            try {
                return TcpListener.bind(address);
            } catch (IOException e) {
                if (nothingFails) {
                    throw e;
                }
                Core.sleep(Duration.ofMillis(10));
            }
        }
    }

    private void service(Service service, TcpStream stream) throws IOException {
        try (stream) {
            service.serve(stream);
        } catch (IOException e) {
            // The other end sees it.
            return;
        }
    }

    private static void echo(TcpStream stream) throws IOException {
        try (IoBuffer bytes = IoBuffer.unleased()) {
            for (int i = 1; next(stream, i, bytes); i++) {
                stream.send(bytes);
            }
        }
        stream.shutdownOutput();
    }

    /// Each fourth message is read in the other way.
    private static boolean next(TcpStream stream, int number, IoBuffer closed) throws IOException {
        if (number % 4 != 0) {
            return stream.receive(closed);
        }
        stream.readable();
        return stream.read(stream.core().buffers().lease(closed, 512)) != -1;
    }

    private void pass(TcpStream client) throws IOException {
        try (TcpStream upstream = TcpStream.connect(SERVER, Duration.ofSeconds(5))) {
            link.run(client, upstream);
        }
    }

    /// Sends a pattern, ends its output, and expects the same pattern and then the end.
    private final class Client {
        private final Core core;
        private final InetSocketAddress address;
        private final int bytes;
        private final int pattern;
        private final boolean undisturbed;

        Client(Core core, InetSocketAddress address, int bytes, int pattern, boolean undisturbed) {
            this.core = core;
            this.address = address;
            this.bytes = bytes;
            this.pattern = pattern;
            this.undisturbed = undisturbed;
        }

        Void run() throws Exception {
            try (TcpStream stream = TcpStream.connect(address, Duration.ofSeconds(10))) {
                Task<Void> writer = core.spawn("writer", () -> send(stream));
                try {
                    expect(stream);
                } finally {
                    writer.cancel();
                }
            } catch (IOException e) {
                if (nothingFails && undisturbed && !Thread.currentThread().isInterrupted()) {
                    throw new AssertionError("nothing fails here", e);
                }
            }
            return null;
        }

        private Void send(TcpStream stream) throws IOException {
            try (IoBuffer buffer = IoBuffer.lease(512)) {
                for (int sent = 0; sent < bytes; ) {
                    int part = Math.min(bytes - sent, buffer.capacity());
                    for (int i = 0; i < part; i++) {
                        buffer.put(at(sent + i));
                    }
                    stream.writeFully(buffer);
                    sent += part;
                }
                stream.shutdownOutput();
            } catch (IOException e) {
                // Or the peer would wait for the rest.
                stream.close();
            }
            return null;
        }

        private void expect(TcpStream stream) throws IOException {
            int received = 0;
            try (IoBuffer buffer = IoBuffer.lease(700)) {
                while (stream.read(buffer) != -1) {
                    while (buffer.readableBytes() > 0) {
                        byte next = buffer.get();
                        if (received >= bytes || next != at(received)) {
                            throw new AssertionError(
                                    "byte "
                                            + received
                                            + " of "
                                            + bytes
                                            + " is "
                                            + next
                                            + " and not "
                                            + at(received));
                        }
                        received++;
                    }
                    buffer.clear();
                }
            }
            if (nothingFails && undisturbed && received != bytes) {
                throw new AssertionError("the end came after " + received + " of " + bytes);
            }
        }

        private byte at(int position) {
            return (byte) (position * 31 + (position >>> 8) * 7 + pattern);
        }
    }
}
