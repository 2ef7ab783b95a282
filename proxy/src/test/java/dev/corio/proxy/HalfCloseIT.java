package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// One side ends its output and still reads what the other has to say.
final class HalfCloseIT {
    private static final int TIMEOUT_SECONDS = 30;
    private static final int LARGE_BYTES = 16 << 20;

    @EveryDriver
    void aClientThatHasEndedStillGetsItsAnswer(ProxyUnderTest driver) throws Exception {
        try (ServerSocket listener = listen()) {
            driver.run(
                    proxy -> {
                        for (int bytes : new int[] {0, 1, 1000, LARGE_BYTES}) {
                            byte[] request = random(bytes);
                            CompletableFuture<Void> server =
                                    serveOne(
                                            listener,
                                            peer -> {
                                                byte[] got = peer.getInputStream().readAllBytes();
                                                // The end has come; only now the answer.
                                                peer.getOutputStream().write(reversed(got));
                                            });
                            try (Socket client = proxy.connect()) {
                                client.getOutputStream().write(request);
                                client.shutdownOutput();
                                byte[] answer = client.getInputStream().readAllBytes();
                                assertArrayEquals(reversed(request), answer);
                            }
                            server.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                        }
                    },
                    "--to",
                    "127.0.0.1:" + listener.getLocalPort());
        }
    }

    @EveryDriver
    void aServerThatHasEndedStillGetsTheRest(ProxyUnderTest driver) throws Exception {
        byte[] rest = random(LARGE_BYTES);
        try (ServerSocket listener = listen()) {
            driver.run(
                    proxy -> {
                        CompletableFuture<byte[]> received = new CompletableFuture<>();
                        CompletableFuture<Void> server =
                                serveOne(
                                        listener,
                                        peer -> {
                                            peer.getOutputStream().write("bye".getBytes());
                                            peer.shutdownOutput();
                                            received.complete(peer.getInputStream().readAllBytes());
                                        });
                        try (Socket client = proxy.connect()) {
                            byte[] greeting = client.getInputStream().readAllBytes();
                            assertEquals("bye", new String(greeting));
                            client.getOutputStream().write(rest);
                        }
                        server.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                        assertArrayEquals(rest, received.join());
                    },
                    "--to",
                    "127.0.0.1:" + listener.getLocalPort());
        }
    }

    /// Both directions are full at once, and each ends when it likes.
    @EveryDriver
    void bothEndAfterLargeMessagesThatCross(ProxyUnderTest driver) throws Exception {
        byte[] there = random(LARGE_BYTES);
        byte[] back = reversed(there);
        try (ServerSocket listener = listen()) {
            driver.run(
                    proxy -> {
                        CompletableFuture<Void> server =
                                serveOne(listener, peer -> exchange(peer, back, there));
                        try (Socket client = proxy.connect()) {
                            exchange(client, there, back);
                        }
                        server.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                    },
                    "--to",
                    "127.0.0.1:" + listener.getLocalPort());
        }
    }

    @FunctionalInterface
    private interface Conversation {
        void with(Socket peer) throws IOException;
    }

    private static void exchange(Socket peer, byte[] sent, byte[] expected) throws IOException {
        CompletableFuture<Void> sending =
                CompletableFuture.runAsync(() -> {
                    try {
                        peer.getOutputStream().write(sent);
                        peer.shutdownOutput();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
        assertArrayEquals(expected, peer.getInputStream().readAllBytes());
        sending.join();
    }

    private static CompletableFuture<Void> serveOne(ServerSocket listener, Conversation talk) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(() -> {
                    try (Socket peer = listener.accept()) {
                        peer.setSoTimeout(TIMEOUT_SECONDS * 1000);
                        talk.with(peer);
                        ended.complete(null);
                    } catch (Throwable e) {
                        ended.completeExceptionally(e);
                    }
                });
        return ended;
    }

    private static ServerSocket listen() throws IOException {
        return new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    }

    private static byte[] random(int bytes) {
        byte[] value = new byte[bytes];
        new Random(bytes).nextBytes(value);
        return value;
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }
}
