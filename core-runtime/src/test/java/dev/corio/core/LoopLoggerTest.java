package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.Sqe;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// A log whose handler takes a lock, as nearly all do.
final class LoopLoggerTest {
    private static final System.Logger LOG = LoopLogger.ofCore();

    private final Object lock = new Object();
    private final List<Thread> writers = new CopyOnWriteArrayList<>();

    @RealDrivers
    void loopThatLogsDoesNotWaitForALockThatATaskOfItsOwnHolds(DriverUnderTest driver)
            throws Exception {
        Logger logger = Logger.getLogger("dev.corio.core");
        Handler handler = new Locking();
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try (Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            core.spawn(
                            "holder",
                            () -> {
                                synchronized (lock) {
                                    core.execute(() -> {
                                        throw new IllegalStateException("to be logged");
                                    });
                                    core.execute(
                                            () -> LOG.log(System.Logger.Level.WARNING, "bare"));
                                    // Off the thread, with the lock, while the loop logs.
                                    Core.sleep(Duration.ofMillis(20));
                                }
                            })
                    .join(Duration.ofSeconds(30));
            LoopLogger.flush();
            assertEquals(2, writers.size(), "no message is lost");
            for (Thread each : writers) {
                assertFalse(each instanceof CoreThread, "the loop wrote it");
            }
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
    }

    @RealDrivers
    void pinnedTaskThatLogsDoesNotWaitForALockThatATaskOfItsCoreHolds(DriverUnderTest driver)
            throws Exception {
        Logger logger = Logger.getLogger("dev.corio.core");
        Patient handler = new Patient();
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try (Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            Task<?> holder =
                    core.spawn(
                            "holder",
                            () -> {
                                handler.lock.lock();
                                try {
                                    Core.sleep(Duration.ofMillis(20));
                                } finally {
                                    handler.lock.unlock();
                                }
                            });
            core.spawn("pinned", () -> Pinned.inInitialiser(() -> core.await(Request.of(Sqe::nop))))
                    .join(Duration.ofSeconds(30));
            holder.join(Duration.ofSeconds(30));
            LoopLogger.flush();
            assertEquals(1, handler.written.get(), "of the wait while it was pinned");
            assertEquals(0, handler.givenUp.get(), "the core waited for its own task");
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
    }

    /// Waits for its lock, but not for ever: a test that hangs says nothing.
    private static final class Patient extends Handler {
        private final ReentrantLock lock = new ReentrantLock();
        private final AtomicInteger written = new AtomicInteger();
        private final AtomicInteger givenUp = new AtomicInteger();

        @Override
        public void publish(LogRecord record) {
            try {
                if (lock.tryLock(1, TimeUnit.SECONDS)) {
                    lock.unlock();
                    written.incrementAndGet();
                } else {
                    givenUp.incrementAndGet();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @RealDrivers
    void whatWasLoggedIsWrittenWhenTheCoresAreClosed(DriverUnderTest driver) throws Exception {
        try (Logged logged = new Logged()) {
            try (Cores cores = Cores.start(driver.options())) {
                for (int i = 0; i < 100; i++) {
                    cores.core(0)
                            .execute(() -> {
                                throw new IllegalStateException("to be logged");
                            });
                }
            }
            assertEquals(100, logged.stacksWith("runGuarded"));
            assertTrue(logged.with("work handed to core 0 failed").size() == 100);
        }
    }

    @RealDrivers
    void handlerThatFailsDoesNotEndTheLog(DriverUnderTest driver) throws Exception {
        Logger logger = Logger.getLogger("dev.corio.core");
        Handler failing = new Failing();
        try (Logged logged = new Logged()) {
            logger.addHandler(failing);
            try (Cores cores = Cores.start(driver.options())) {
                for (int i = 0; i < 2; i++) {
                    cores.core(0)
                            .execute(() -> {
                                throw new IllegalStateException("to be logged");
                            });
                }
            }
            assertEquals(2, logged.stacksWith("runGuarded"));
        } finally {
            logger.removeHandler(failing);
        }
    }

    private static final class Failing extends Handler {
        @Override
        public void publish(LogRecord record) {
            throw new AssertionError("a handler with a fault");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    private final class Locking extends Handler {
        @Override
        public void publish(LogRecord record) {
            synchronized (lock) {
                writers.add(Thread.currentThread());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
