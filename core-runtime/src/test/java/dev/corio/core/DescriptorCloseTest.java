package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import java.nio.channels.AsynchronousCloseException;
import java.util.ArrayList;
import java.util.List;

/// When [Descriptor#close] returns, the file is closed and the kernel has let go of it, whoever
/// calls and in whatever state.
final class DescriptorCloseTest {
    private static final int ROUNDS = 200;

    private static boolean isOpen(Descriptor descriptor) {
        return descriptor
                        .core()
                        .sockets()
                        .getsockopt(descriptor.fd(), Linux.SOL_SOCKET, Linux.SO_TYPE)
                != -Errno.EBADF;
    }

    private static Request receive(Descriptor from, IoBuffer into) {
        Request receive = Request.on(from, sqe -> sqe.recv(from.fd(), into.writeAddress(), 512, 0));
        receive.buffer(into);
        return receive;
    }

    @EveryDriver
    void eachOfSeveralClosersReturnsWhenItIsClosed(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                Request receive = receive(pair.left, in);
                Task<AsynchronousCloseException> reader =
                        core.spawn(
                                "reader",
                                () ->
                                        assertThrows(
                                                AsynchronousCloseException.class,
                                                () -> core.await(receive)));
                Turns.pass(core, 2);
                List<Task<Boolean>> closers = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    closers.add(
                            core.spawn(
                                    "closer",
                                    () -> {
                                        pair.left.close();
                                        in.clear();
                                        return isOpen(pair.left) || receive.isInFlight();
                                    }));
                }
                for (Task<Boolean> each : closers) {
                    assertEquals(false, each.join());
                }
                reader.join();
            }
        });
    }

    @EveryDriver
    void interruptedTaskClosesAndStaysInterrupted(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                Request receive = receive(pair.left, in);
                assertTrue(core.submit(receive));
                Turns.pass(core, 1);
                Thread.currentThread().interrupt();
                pair.left.close();
                assertTrue(Thread.interrupted(), "the interrupt is kept");
                assertEquals(false, isOpen(pair.left));
                assertEquals(1, receive.results.size());
                in.clear();
            }
        });
    }

    @EveryDriver
    void pinnedTaskClosesToo(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                Request receive = receive(pair.left, in);
                assertTrue(core.submit(receive));
                Turns.pass(core, 1);
                Pinned.inInitialiser(() -> {
                    pair.left.close();
                    return null;
                });
                assertEquals(false, isOpen(pair.left));
                assertEquals(1, receive.results.size());
            }
        });
    }

    @EveryDriver
    void taskClosesWhileItsCoreCloses(DriverUnderTest driver) throws Exception {
        int before = DriverUnderTest.openFiles();
        Task<Object> owner;
        try (Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            owner =
                    core.spawn(
                            "owner",
                            () -> {
                                try (Pair pair = Pair.open();
                                        IoBuffer in = IoBuffer.lease()) {
                                    assertTrue(core.submit(receive(pair.left, in)));
                                    core.await(receive(pair.right, IoBuffer.lease()));
                                }
                                return null;
                            });
            while (core.stats().operationsInFlight() < 2) {
                Thread.onSpinWait();
            }
        }
        assertThrows(java.util.concurrent.CancellationException.class, owner::join);
        assertEquals(before, DriverUnderTest.openFiles());
    }

    /// The number goes to the next file at once. What was in flight on the old one is over by then,
    /// and no late completion or cancel reaches the stranger.
    @EveryDriver
    void whoGetsTheNumberNextIsLeftAlone(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            int usedAgain = 0;
            for (int round = 0; round < ROUNDS; round++) {
                try (IoBuffer in = IoBuffer.lease();
                        IoBuffer one = IoBuffer.lease().put((byte) 1)) {
                    Pair first = Pair.open();
                    Request old = receive(first.left, in);
                    assertTrue(core.submit(old));
                    Turns.pass(core, round % 3);
                    if (round % 2 == 0) {
                        core.cancel(old);
                    }
                    first.close();
                    int result = old.result();
                    try (Pair second = Pair.open()) {
                        usedAgain += first.left.fd() == second.left.fd() ? 1 : 0;
                        Request receive = receive(second.left, in);
                        assertTrue(core.submit(receive));
                        Turns.pass(core, 2);
                        assertTrue(receive.isInFlight(), "hit by what was meant for another");
                        Pair.send(second.right, one);
                        while (receive.isInFlight()) {
                            Turns.pass(core, 1);
                        }
                        assertEquals(List.of(1), receive.results);
                        assertEquals(List.of(result), old.results);
                    }
                }
            }
            // The JVM opens and closes files too, whenever it likes.
            assertTrue(usedAgain > ROUNDS / 2, "numbers that were used again: " + usedAgain);
        });
    }
}
