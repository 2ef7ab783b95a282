package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Errno;
import dev.corio.uring.Sqe;
import java.util.ArrayList;
import java.util.List;

/// Operations that cannot be written: they end like any other, and nothing of theirs is kept.
final class PrepareFailureTest {
    private static final RuntimeException BAD = new IllegalStateException("cannot be written");

    private static Request bad() {
        return Request.of(sqe -> {
            // A half-written entry must not reach the kernel.
            sqe.recv(0, 1, 1, 0);
            throw BAD;
        });
    }

    @EveryDriver
    void taskThatAwaitsItGetsWhatWasThrown(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (IoBuffer buffer = IoBuffer.lease()) {
                Request bad = bad();
                bad.buffer(buffer);
                for (int i = 0; i < 3; i++) {
                    assertSame(BAD, assertThrows(RuntimeException.class, () -> core.await(bad)));
                    assertEquals(0, core.stats().operationsInFlight());
                    buffer.clear();
                }
                Request deep =
                        Request.of(sqe -> {
                            throw new StackOverflowError();
                        });
                assertThrows(StackOverflowError.class, () -> core.await(deep));
                assertEquals(0, core.await(Request.of(Sqe::nop)));
            }
        });
    }

    @EveryDriver
    void operationOfAChainIsToldAndTheReasonIsLogged(DriverUnderTest driver) throws Exception {
        try (Logged logged = new Logged()) {
            driver.run(core -> {
                Request bad = bad();
                assertTrue(core.submit(bad));
                assertTrue(bad.isInFlight(), "never completed inline");
                core.cancel(bad);
                while (bad.isInFlight()) {
                    Turns.pass(core, 1);
                }
                assertEquals(List.of(-Errno.EINVAL), bad.results);
            });
            assertEquals(1, logged.with("could not be prepared").size());
        }
    }

    @EveryDriver
    void onesThatHadToWaitForAnEntryFailToo(DriverUnderTest driver) throws Exception {
        try (Logged _ = new Logged()) {
            driver.run(
                    driver.options().ringEntries(8),
                    core -> {
                        List<Request> good = new ArrayList<>();
                        List<Request> bad = new ArrayList<>();
                        for (int i = 0; i < 2000; i++) {
                            Request request = i % 3 == 0 ? bad() : Request.of(Sqe::nop);
                            (i % 3 == 0 ? bad : good).add(request);
                            assertTrue(core.submit(request));
                        }
                        Task<Integer> waiter = core.spawn("waiter", () -> core.await(bad()));
                        var failure = assertThrows(Exception.class, waiter::join);
                        assertSame(BAD, failure.getCause());
                        while (core.stats().operationsInFlight() > 0) {
                            Turns.pass(core, 1);
                        }
                        good.forEach(each -> assertEquals(List.of(0), each.results));
                        bad.forEach(each -> assertEquals(List.of(-Errno.EINVAL), each.results));
                        bad.forEach(each -> assertFalse(each.isInFlight()));
                    });
        }
    }
}
