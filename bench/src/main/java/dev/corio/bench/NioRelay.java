package dev.corio.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A TCP proxy on the JDK's own selector: one thread, one direct buffer per direction, and no
/// reading from one side while the other has not taken what came before.
///
/// **Threading:** used by one thread.
final class NioRelay implements Server {
    private static final int BACKLOG = 4096;
    private static final int BUFFER_BYTES = 16 * 1024;

    private final Consumer<SelectionKey> onReady = this::onReady;
    private InetSocketAddress upstream = new InetSocketAddress(0);

    /// @param arguments where to listen, and the upstream
    @Override
    public void serve(String... arguments) throws IOException {
        upstream = Server.address(arguments[1]);
        try (Selector selector = Selector.open();
                ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(Server.address(arguments[0]), BACKLOG);
            listener.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
            System.out.println("nio-relay listening on " + listener.getLocalAddress());
            while (true) {
                selector.select(onReady);
            }
        }
    }

    private void onReady(SelectionKey key) {
        if (!key.isValid()) {
            return; // the other side of the pair has closed both, earlier in this turn
        }
        if (key.attachment() instanceof Side side) {
            side.onReady();
        } else {
            accept(key.selector(), (ServerSocketChannel) key.channel());
        }
    }

    private void accept(Selector selector, ServerSocketChannel listener) {
        try {
            SocketChannel client = listener.accept();
            if (client != null) {
                pair(selector, client);
            }
        } catch (IOException e) {
            System.err.println("nio-relay: " + e.getMessage());
        }
    }

    /// Until the upstream answers, nothing is read from the client.
    private void pair(Selector selector, SocketChannel client) throws IOException {
        SocketChannel server = null;
        try {
            server = SocketChannel.open();
            Side near = new Side(selector, client);
            Side far = new Side(selector, server);
            near.other = far;
            far.other = near;
            server.connect(upstream);
            near.watch();
        } catch (IOException e) {
            close(client);
            close(server);
            throw e;
        }
    }

    private static void close(@Nullable SocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            System.err.println("close: " + e.getMessage());
        }
    }

    /// One connection of a pair, and what came from it until the other has taken it.
    private static final class Side {
        private final SocketChannel channel;
        private final SelectionKey key;
        private final ByteBuffer received = ByteBuffer.allocateDirect(BUFFER_BYTES);
        private Side other = this;
        private boolean hasEnded;

        Side(Selector selector, SocketChannel channel) throws IOException {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true).configureBlocking(false);
            this.channel = channel;
            this.key = channel.register(selector, 0, this);
        }

        void onReady() {
            try {
                if (key.isConnectable()) {
                    channel.finishConnect();
                }
                if (key.isReadable()) {
                    read();
                }
                if (key.isWritable()) {
                    other.pass();
                }
                watch();
            } catch (IOException e) {
                System.err.println("nio-relay: " + e.getMessage());
                closeBoth();
            }
        }

        /// It is asked only while nothing is left in the buffer, so an end is behind all bytes.
        private void read() throws IOException {
            if (channel.read(received) < 0) {
                hasEnded = true;
                other.channel.shutdownOutput();
            } else {
                pass();
            }
        }

        private void pass() throws IOException {
            received.flip();
            other.channel.write(received);
            received.compact();
        }

        void watch() {
            if (isDone() && other.isDone()) {
                closeBoth();
            } else {
                want();
                other.want();
            }
        }

        private boolean isDone() {
            return hasEnded && !holdsBytes();
        }

        private boolean holdsBytes() {
            return received.position() > 0;
        }

        private void want() {
            int wanted = channel.isConnected() ? readOrWrite() : SelectionKey.OP_CONNECT;
            if (key.interestOps() != wanted) {
                key.interestOps(wanted);
            }
        }

        private int readOrWrite() {
            boolean mayRead = other.channel.isConnected() && !hasEnded && !holdsBytes();
            return (mayRead ? SelectionKey.OP_READ : 0)
                    | (other.holdsBytes() ? SelectionKey.OP_WRITE : 0);
        }

        private void closeBoth() {
            close(channel);
            close(other.channel);
        }
    }
}
