package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The C twins with multishot receives where there are fewer buffers than connections: one, which a
/// connection holds that is sent to and does not read.
class CTwinsTest {
    private static final int SETTLE_MILLIS = 200;
    private static final int ANSWER_MILLIS_MAX = 10_000;

    @ParameterizedTest
    @ValueSource(strings = {"echo_uring_multishot", "echo_uring_incremental"})
    void theBufferThatComesBackIsForAllWhoMissedIt(String program) throws Exception {
        assertServedAfter(program, Holder::readAll);
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo_uring_multishot", "echo_uring_incremental"})
    void aConnectionThatIsResetGivesItsBufferToThoseThatWait(String program) throws Exception {
        assertServedAfter(program, Holder::reset);
    }

    /// Whether a connection that has come while the buffer was held is served after that.
    private static void assertServedAfter(String program, Release release) throws Exception {
        try (Workbench workbench = workbench();
                ServerProcess server = start(workbench, program);
                Holder holder = Holder.of(server.address());
                Socket waiting = connect(server.address())) {
            Thread.sleep(SETTLE_MILLIS);
            release.of(holder);
            assertEchoes(waiting);
        }
    }

    private static void assertEchoes(Socket socket) throws IOException {
        socket.getOutputStream().write('x');
        assertEquals('x', socket.getInputStream().read());
    }

    private static Socket connect(InetSocketAddress address) throws IOException {
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout(ANSWER_MILLIS_MAX);
        return socket;
    }

    private static ServerProcess start(Workbench workbench, String program) throws Exception {
        Peer peer = EchoPeers.c("one", "", program, "BUFFERS=1", "LARGE_BUFFER_BYTES=16384");
        try {
            return workbench.start(peer, Placement.choose().serverCpu(), null);
        } catch (IOException e) {
            // What the kernel refuses is named so; a compiler that fails, or a twin that does, is
            // not.
            assertTrue(e.getMessage().contains("io_uring_"), e::getMessage);
            return Assumptions.abort(e.getMessage());
        }
    }

    private static Workbench workbench() throws IOException {
        return Workbench.open(Placement.choose(), Progress.onConsole());
    }

    @FunctionalInterface
    private interface Release {
        void of(Holder holder) throws IOException;
    }

    /// Sends more than the sockets between take, reads none of it back, and so holds a buffer.
    private record Holder(SocketChannel channel, long sentBytes) implements AutoCloseable {
        private static final int CHUNK_BYTES = 64 * 1024;

        static Holder of(InetSocketAddress address) throws Exception {
            SocketChannel channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.SO_RCVBUF, CHUNK_BYTES);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, CHUNK_BYTES);
            channel.connect(address);
            channel.configureBlocking(false);
            long sentBytes = 0;
            boolean isTaken = true;
            while (isTaken) {
                long before = sentBytes;
                for (long sent = CHUNK_BYTES; sent > 0; sentBytes += sent) {
                    sent = channel.write(ByteBuffer.allocate(CHUNK_BYTES));
                }
                Thread.sleep(SETTLE_MILLIS);
                isTaken = sentBytes > before;
            }
            return new Holder(channel, sentBytes);
        }

        void readAll() throws IOException {
            channel.configureBlocking(true);
            channel.socket().setSoTimeout(ANSWER_MILLIS_MAX);
            channel.socket().getInputStream().skipNBytes(sentBytes);
        }

        void reset() throws IOException {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.close();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
