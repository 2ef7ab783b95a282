package dev.corio.bench;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/// The echo on the JDK's own selector: a peer of the comparison, and the upstream behind the
/// proxies of the demo, because it needs nothing but a JDK.
///
/// **Threading:** used by one thread.
final class NioEcho implements Server {
    private static final int BACKLOG = 4096;
    private static final int BUFFER_BYTES = 16 * 1024;

    private final Consumer<SelectionKey> onReady = this::onReady;

    /// @param arguments where to listen
    @Override
    public void serve(String... arguments) throws IOException {
        try (Selector selector = Selector.open();
                ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(Server.address(arguments[0]), BACKLOG);
            listener.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
            System.out.println("nio-echo listening on " + listener.getLocalAddress());
            while (true) {
                selector.select(onReady);
            }
        }
    }

    private void onReady(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept(key.selector(), (ServerSocketChannel) key.channel());
            } else {
                echo(key, (SocketChannel) key.channel(), (ByteBuffer) key.attachment());
            }
        } catch (IOException e) {
            close(key);
        }
    }

    private static void accept(Selector selector, ServerSocketChannel listener) throws IOException {
        SocketChannel channel = listener.accept();
        if (channel != null) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true).configureBlocking(false);
            channel.register(
                    selector, SelectionKey.OP_READ, ByteBuffer.allocateDirect(BUFFER_BYTES));
        }
    }

    /// The buffer is empty between messages, and holds the rest of a short write otherwise.
    private static void echo(SelectionKey key, SocketChannel channel, ByteBuffer buffer)
            throws IOException {
        if (key.isReadable() && channel.read(buffer) < 0) {
            close(key);
            return;
        }
        buffer.flip();
        channel.write(buffer);
        int wanted = buffer.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        buffer.compact();
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
    }

    private static void close(SelectionKey key) {
        try {
            key.channel().close();
        } catch (IOException e) {
            System.err.println("close: " + e.getMessage());
        }
    }
}
