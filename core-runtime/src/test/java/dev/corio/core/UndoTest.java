package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.Sqe;
import java.io.InterruptedIOException;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;

/// Results that have an owner: one that nobody wants any more is taken back.
final class UndoTest {
    /// A success, unless it is cancelled at once.
    private static final class Owned extends Operation {
        private int undone;

        Owned(Descriptor descriptor) {
            super(descriptor);
        }

        @Override
        protected void prepare(Sqe sqe) {
            sqe.nop();
        }

        @Override
        protected boolean undo(int result) {
            assertEquals(0, result);
            undone++;
            return true;
        }

        @Override
        public String toString() {
            return "owned";
        }
    }

    /// Returns when the operation is done, and its task is to hear of it in the same turn.
    private static void comesBeforeItsTask(Core core, Operation operation) {
        while (operation.isInFlight()) {
            Turns.pass(core, 1);
        }
    }

    @EveryDriver
    void resultOfATaskThatWasInterruptedMeanwhileIsTakenBack(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            Owned owned = new Owned(null);
            Request plain = Request.of(Sqe::nop);
            Task<InterruptedIOException> task =
                    core.spawn(
                            "cancelled",
                            () -> {
                                var failure =
                                        assertThrows(
                                                InterruptedIOException.class,
                                                () -> core.await(owned));
                                assertTrue(Thread.interrupted(), "the interrupt is kept");
                                return failure;
                            });
            Task<Integer> other = core.spawn("with a result", () -> core.await(plain));
            core.spawn(
                    "canceller",
                    () -> {
                        comesBeforeItsTask(core, owned);
                        task.cancel();
                        other.cancel();
                    });
            assertTrue(task.join().getMessage().contains("owned was cancelled"));
            assertEquals(1, owned.undone);
            assertEquals(0, other.join(), "what has no owner is returned");
        });
    }

    @EveryDriver
    void resultForAClosedFileIsTakenBack(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open()) {
                Owned owned = new Owned(pair.left);
                Task<AsynchronousCloseException> task =
                        core.spawn(
                                "closed",
                                () ->
                                        assertThrows(
                                                AsynchronousCloseException.class,
                                                () -> core.await(owned)));
                core.spawn(
                        "closer",
                        () -> {
                            comesBeforeItsTask(core, owned);
                            pair.left.close();
                        });
                task.join();
                assertEquals(1, owned.undone);
            }
        });
    }

    @EveryDriver
    void resultThatNobodyAwaitsIsTakenBack(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Owned owned = new Owned(null);
            assertTrue(core.submit(owned));
            while (owned.isInFlight()) {
                Turns.pass(core, 1);
            }
            assertEquals(1, owned.undone);
        });
    }

    @EveryDriver
    void resultThatIsAwaitedIsNot(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Owned owned = new Owned(null);
            assertEquals(0, core.await(owned));
            assertEquals(0, core.await(owned, Duration.ofDays(1)));
            assertEquals(0, owned.undone);
        });
    }
}
