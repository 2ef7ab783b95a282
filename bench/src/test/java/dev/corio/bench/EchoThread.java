package dev.corio.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/// An echo server on blocking sockets, honest or with one fault.
final class EchoThread implements AutoCloseable {
    enum Manner {
        HONEST,
        /// Sleeps 100 ms once, in the middle of the measured time.
        STALLING,
        /// Answers nothing after the first message.
        SILENT,
        /// Answers the first message only after a second.
        LATE,
        /// Changes the last byte of every tenth message.
        TEARING,
        /// Answers the first message again and again.
        REPEATING,
        /// Hangs up after the first message.
        CLOSING
    }

    private static final int STALL_MESSAGE = 250;
    private static final int STALL_MILLIS = 100;
    private static final int LATE_MILLIS = 1_000;

    private final ServerSocket listener;
    private final Manner manner;

    EchoThread(Manner manner) {
        this.manner = manner;
        try {
            listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            assert listener.isClosed() : e;
        }
    }

    private void serve(Socket socket) {
        byte[] buffer = new byte[64 * 1024];
        byte[] first = null;
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            int length;
            for (int count = 1; (length = in.read(buffer)) > 0; count++) {
                if (manner == Manner.CLOSING) {
                    return;
                }
                if (manner == Manner.SILENT && count > 1) {
                    continue;
                }
                if (manner == Manner.LATE && count == 1) {
                    Thread.sleep(LATE_MILLIS);
                }
                if (manner == Manner.STALLING && count == STALL_MESSAGE) {
                    Thread.sleep(STALL_MILLIS);
                }
                if (manner == Manner.TEARING && count % 10 == 0) {
                    buffer[length - 1]++;
                }
                if (manner == Manner.REPEATING) {
                    first = first == null ? buffer.clone() : first;
                    out.write(first, 0, length);
                } else {
                    out.write(buffer, 0, length);
                }
            }
        } catch (IOException | InterruptedException e) {
            assert !socket.isConnected() || socket.isClosed() : e;
        }
    }

    void closeQuietly() {
        try {
            close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
