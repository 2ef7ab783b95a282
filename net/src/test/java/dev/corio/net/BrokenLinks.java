package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.IoBuffer;
import dev.corio.core.Task;
import java.io.IOException;
import java.util.concurrent.ExecutionException;

/// Proxies with the faults that people make, which a simulation must find.
final class BrokenLinks {
    private BrokenLinks() {}

    /// Takes it that a write writes everything.
    static void droppingTheRestOfAShortWrite(TcpStream client, TcpStream upstream)
            throws IOException {
        both(client, upstream, BrokenLinks::copyDropping, true);
    }

    /// Keeps the end of the input to itself.
    static void keepingTheEnd(TcpStream client, TcpStream upstream) throws IOException {
        both(client, upstream, BrokenLinks::copy, false);
    }

    /// Closes a number while somebody reads from it, as a bare `close(2)` does.
    static void closingTooEarly(TcpStream client, TcpStream upstream) throws IOException {
        Core core = Core.current();
        Task<Boolean> reader =
                core.spawn("reader", () -> copyAll(upstream, client, BrokenLinks::copy, false));
        Core.yield();
        core.sockets().close(upstream.descriptor().fd());
        reader.cancel();
    }

    /// Never gives a buffer back.
    static void leakingABuffer(TcpStream client, TcpStream upstream) throws IOException {
        IoBuffer.lease();
        SimulatedTraffic.relay(client, upstream);
    }

    @FunctionalInterface
    private interface Copy {
        void run(TcpStream from, TcpStream to) throws IOException;
    }

    private static void both(TcpStream client, TcpStream upstream, Copy copy, boolean ends)
            throws IOException {
        Task<Boolean> backward =
                Core.current().spawn("backward", () -> copyAll(upstream, client, copy, ends));
        copyAll(client, upstream, copy, ends);
        try {
            backward.join();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// False when one of the streams has failed.
    private static boolean copyAll(TcpStream from, TcpStream to, Copy copy, boolean ends) {
        try {
            copy.run(from, to);
            if (ends) {
                to.shutdownOutput();
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void copy(TcpStream from, TcpStream to) throws IOException {
        try (IoBuffer buffer = IoBuffer.lease()) {
            while (from.read(buffer) != -1) {
                to.writeFully(buffer);
            }
        }
    }

    private static void copyDropping(TcpStream from, TcpStream to) throws IOException {
        try (IoBuffer buffer = IoBuffer.lease()) {
            while (from.read(buffer) != -1) {
                to.write(buffer);
                buffer.clear();
            }
        }
    }
}
