package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.corio.linux.Linux;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;

/// One operation that is awaited with and without a time limit, again and again.
final class TimeoutTest {
    private static final Duration SHORT = Duration.ofMillis(10);
    private static final Duration LONG = Duration.ofDays(1);

    private static Request poll(Pair pair) {
        return Request.on(pair.left, sqe -> sqe.pollAdd(pair.left.fd(), Linux.POLLIN));
    }

    @RealDrivers // a pair of real sockets
    void whoIsRefusedBecauseItIsInFlightLeavesTheTimeOfTheOtherAlone(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open()) {
                Request poll = poll(pair);
                Task<Integer> first = core.spawn("first", () -> core.await(poll, SHORT));
                Turns.pass(core, 1);
                assertThrows(IllegalStateException.class, () -> core.await(poll, LONG));
                ExecutionException e =
                        assertThrows(
                                ExecutionException.class, () -> first.join(Duration.ofSeconds(20)));
                assertInstanceOf(SocketTimeoutException.class, e.getCause());
            }
        });
    }

    @RealDrivers // a pair of real sockets
    void timeOfOneFlightIsNotThatOfTheNext(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open()) {
                Request poll = poll(pair);
                for (int i = 0; i < 3; i++) {
                    assertThrows(SocketTimeoutException.class, () -> core.await(poll, SHORT));
                    Thread.currentThread().interrupt();
                    InterruptedIOException interruption =
                            assertThrows(
                                    InterruptedIOException.class, () -> core.await(poll, LONG));
                    assertEquals(InterruptedIOException.class, interruption.getClass());
                    Thread.interrupted();
                    Task<Integer> endless = core.spawn("endless", () -> core.await(poll));
                    Core.sleep(SHORT.multipliedBy(2));
                    endless.cancel();
                    assertThrows(Exception.class, endless::join);
                }
            }
        });
    }
}
