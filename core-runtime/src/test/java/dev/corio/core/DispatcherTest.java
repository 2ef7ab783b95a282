package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.CqeFlags;
import dev.corio.uring.Sqe;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Completions that a kernel should never send, and what becomes of them.
final class DispatcherTest {
    private static final int MORE = CqeFlags.IORING_CQE_F_MORE;

    private final InFlight table = new InFlight(4);
    private final Dispatcher dispatcher =
            new Dispatcher(table, "core 7", (caught, operation) -> {});

    @Test
    void completionThatComesTwiceIsObeyedOnce() {
        try (Logged _ = new Logged()) {
            Request operation = begun();
            long userData = operation.userData;
            dispatcher.complete(userData, 1, 0);
            dispatcher.complete(userData, 2, 0);
            assertEquals(List.of(1), operation.results);
            assertEquals(1, operation.result());
            assertEquals(1, dispatcher.staleCount());
        }
    }

    @Test
    void lateCompletionDoesNotTouchTheOneWhoHasTheSlotNow() {
        try (Logged _ = new Logged()) {
            Request first = begun();
            long late = first.userData;
            dispatcher.complete(late, 1, 0);
            Request second = begun();
            assertEquals(InFlight.slot(late), InFlight.slot(second.userData), "the same slot");
            dispatcher.complete(late, 99, 0);
            dispatcher.complete(late, 99, MORE);
            assertTrue(second.isInFlight());
            assertEquals(List.of(), second.results);
            dispatcher.complete(second.userData, 3, 0);
            assertEquals(List.of(3), second.results);
            assertEquals(2, dispatcher.staleCount());
        }
    }

    @Test
    void multishotThatGoesOnAfterItsEndIsNotObeyed() {
        try (Logged _ = new Logged()) {
            Request operation = begun();
            long userData = operation.userData;
            dispatcher.complete(userData, 1, MORE);
            dispatcher.complete(userData, 2, 0);
            dispatcher.complete(userData, 3, MORE);
            assertEquals(List.of(1, 2), operation.results);
            assertFalse(operation.isInFlight());
            assertEquals(1, dispatcher.staleCount());
        }
    }

    @Test
    void whatNobodySentIsCountedWhateverItsBits() {
        try (Logged _ = new Logged()) {
            begun();
            long[] unknown = {
                3, 4, -1, Long.MAX_VALUE, 1L << 32, InFlight.CONTROL, InFlight.CONTROL | 1, 1L << 63
            };
            for (long userData : unknown) {
                dispatcher.complete(userData, 0, 0);
            }
            assertEquals(unknown.length, dispatcher.staleCount());
            assertEquals(1, table.count());
        }
    }

    @Test
    void firstOneIsReportedWithAllThatIsKnownAndTheOthersAreCounted() {
        try (Logged log = new Logged()) {
            Request operation = begun();
            long userData = operation.userData;
            dispatcher.complete(userData, 1, 0);
            dispatcher.complete(userData, -5, MORE);
            dispatcher.complete(userData, -5, 0);
            List<String> reports = log.with("core 7 ignored a completion");
            assertEquals(1, reports.size());
            String report = reports.getFirst();
            assertTrue(report.contains("slot 0, in generation 1, generation 0"), report);
            assertTrue(report.contains("result -5, flags 0x2"), report);
        }
    }

    @Test
    void operationInFlightCannotBeginAgainNorChangeItsBuffer() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            Request operation = Request.of(Sqe::nop);
            assertTrue(core.submit(operation));
            var again = assertThrows(IllegalStateException.class, () -> core.submit(operation));
            assertTrue(again.getMessage().contains("is in flight"), again.getMessage());
            assertThrows(IllegalStateException.class, () -> operation.buffer(null));
            while (operation.isInFlight()) {
                Turns.pass(core, 1);
            }
            assertEquals(0, core.await(operation), "and after that it can");
        });
    }

    private Request begun() {
        Request operation = Request.of(Sqe::nop);
        operation.begin(table);
        return operation;
    }
}
