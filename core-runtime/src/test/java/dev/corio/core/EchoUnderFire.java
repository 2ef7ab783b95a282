package dev.corio.core;

import dev.corio.linux.Linux;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;

/// Echoes over a socket pair, with timers, cancels and wake-ups from outside, in a JVM whose kernel
/// is made to fail now and then. The argument names the driver.
final class EchoUnderFire {
    private static final int ROUNDS = 300;

    private EchoUnderFire() {}

    public static void main(String[] arguments) throws Exception {
        DriverUnderTest.valueOf(arguments[0])
                .run(
                        DriverUnderTest.valueOf(arguments[0]).options().ringEntries(8),
                        EchoUnderFire::run);
        System.out.println("ok");
    }

    private static void run(Core core) throws Exception {
        try (Pair pair = Pair.open();
                IoBuffer buffer = IoBuffer.lease()) {
            Task<Integer> echo = core.spawn("echo", () -> echo(core, pair.right));
            for (int i = 0; i < ROUNDS; i++) {
                buffer.clear().putInt(i);
                send(core, pair.left, buffer);
                buffer.clear();
                while (buffer.readableBytes() < 4) {
                    receive(core, pair.left, buffer);
                }
                check(buffer.getInt() == i, "round " + i);
                if (i % 20 == 0) {
                    Core.sleep(Duration.ofMillis(1));
                    Blocking.call(() -> 1);
                    cancelOne(core, pair.left);
                }
            }
            check(Linux.shutdown(pair.left.fd(), Linux.SHUT_WR) == 0, "shutdown");
            check(echo.join() == 4 * ROUNDS, "bytes");
        }
    }

    private static int echo(Core core, Descriptor descriptor) throws IOException {
        int total = 0;
        try (IoBuffer buffer = IoBuffer.lease()) {
            while (true) {
                int count = receive(core, descriptor, buffer.clear());
                if (count == 0) {
                    return total;
                }
                total += count;
                send(core, descriptor, buffer);
            }
        }
    }

    private static void cancelOne(Core core, Descriptor descriptor) throws Exception {
        Task<Integer> waiting =
                core.spawn(
                        "waiting",
                        () -> {
                            try (IoBuffer buffer = IoBuffer.lease()) {
                                return receive(core, descriptor, buffer);
                            }
                        });
        Turns.pass(core, 2);
        waiting.cancel();
        try {
            waiting.join();
            throw new AssertionError("received out of nothing");
        } catch (CancellationException e) {
            check(e.getCause() instanceof IOException, "cancelled in its receive");
        }
    }

    private static int receive(Core core, Descriptor from, IoBuffer into) throws IOException {
        Request receive =
                Request.on(
                        from,
                        sqe -> sqe.recv(from.fd(), into.writeAddress(), into.writableBytes(), 0));
        receive.buffer(into);
        int count = core.await(receive);
        into.advance(count);
        return count;
    }

    private static void send(Core core, Descriptor to, IoBuffer from) throws IOException {
        while (from.readableBytes() > 0) {
            Request send =
                    Request.on(
                            to,
                            sqe ->
                                    sqe.send(
                                            to.fd(),
                                            from.readAddress(),
                                            from.readableBytes(),
                                            Linux.MSG_NOSIGNAL));
            send.buffer(from);
            from.skip(core.await(send));
        }
    }

    private static void check(boolean condition, String text) {
        if (!condition) {
            throw new AssertionError(text);
        }
    }
}
