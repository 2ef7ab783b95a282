package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Far more operations than the rings have room for, and a kernel that says no: nothing is lost and
/// nothing happens twice.
final class UringPressureTest {
    private static final int OPERATIONS = 10_000;

    @EveryDriver
    void completionsThatDoNotFitAreKept(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().ringEntries(8),
                core -> {
                    List<Request> all = new ArrayList<>();
                    for (int i = 0; i < OPERATIONS; i++) {
                        all.add(submitted(core, Request.of(Sqe::nop)));
                    }
                    drained(core);
                    all.forEach(each -> assertEquals(List.of(0), each.results));
                });
    }

    @EveryDriver
    void allThatWaitAreCancelledInAnyOrder(DriverUnderTest driver) throws Exception {
        Random random = Seed.random("UringPressureTest");
        driver.run(
                driver.options().ringEntries(8),
                core -> {
                    try (Pair pair = Pair.open()) {
                        List<Request> all = new ArrayList<>();
                        for (int i = 0; i < OPERATIONS; i++) {
                            all.add(submitted(core, waiting(pair.left)));
                            if (random.nextInt(100) == 0) {
                                // Some have not been seen by the kernel yet.
                                core.cancel(all.get(random.nextInt(all.size())));
                            }
                            if (random.nextInt(1000) == 0) {
                                Turns.pass(core, 1);
                            }
                        }
                        Collections.shuffle(all, random);
                        all.forEach(core::cancel);
                        drained(core);
                        all.forEach(each -> assertEquals(List.of(-Errno.ECANCELED), each.results));
                    }
                });
    }

    @EveryDriver
    void allThatWaitCompleteWhenTheByteComes(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().ringEntries(8),
                core -> {
                    try (Pair pair = Pair.open();
                            IoBuffer one = IoBuffer.lease().put((byte) 1)) {
                        List<Request> all = new ArrayList<>();
                        for (int i = 0; i < OPERATIONS; i++) {
                            all.add(submitted(core, waiting(pair.left)));
                        }
                        Turns.pass(core, 3);
                        Pair.send(pair.right, one);
                        drained(core);
                        for (Request each : all) {
                            assertEquals(1, each.results.size());
                            assertEquals(Linux.POLLIN, each.result() & Linux.POLLIN);
                        }
                    }
                });
    }

    @EveryDriver
    void timersGoOffInOrderAndNotEarlyWhileTheRingIsFull(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().ringEntries(8),
                core -> {
                    List<Task<Long>> sleepers = new ArrayList<>();
                    // Later ones first: each next deadline is earlier than the one that is armed.
                    for (int millis = 40; millis > 0; millis--) {
                        int time = millis;
                        sleepers.add(
                                core.spawn(
                                        "sleeper",
                                        () -> {
                                            long begin = core.nanoTime();
                                            Core.sleep(Duration.ofMillis(time));
                                            return core.nanoTime() - begin - time * 1_000_000L;
                                        }));
                        Turns.pass(core, 1);
                        for (int i = 0; i < 20; i++) {
                            submitted(core, Request.of(Sqe::nop));
                        }
                    }
                    for (Task<Long> each : sleepers) {
                        assertTrue(each.join() >= 0, "woken too early");
                    }
                    drained(core);
                });
    }

    @ParameterizedTest
    @CsvSource({
        "EINTR, IO_URING", "EINTR, IO_URING_5_10",
        "EBUSY, IO_URING", "EBUSY, IO_URING_5_10",
        "EAGAIN, IO_URING", "EAGAIN, IO_URING_5_10"
    })
    void nothingIsLostWhenEnterFails(String error, DriverUnderTest driver) throws Exception {
        driver.options();
        assumeTrue(Child.isInstalled("strace"), "strace is missing: apt install strace");
        List<String> strace =
                List.of(
                        "strace",
                        "-f",
                        "-qq",
                        "-o",
                        "/dev/null",
                        "-e",
                        "trace=io_uring_enter",
                        "-e",
                        "inject=io_uring_enter:error=" + error + ":when=3+7");
        Child child = Child.run(strace, EchoUnderFire.class, driver.name());
        child.expectSuccess();
        assertTrue(child.output().endsWith("ok"), child.output());
    }

    private static Request submitted(Core core, Request request) {
        assertTrue(core.submit(request));
        return request;
    }

    private static Request waiting(Descriptor descriptor) {
        return Request.on(descriptor, sqe -> sqe.pollAdd(descriptor.fd(), Linux.POLLIN));
    }

    private static void drained(Core core) {
        while (core.stats().operationsInFlight() > 0) {
            Turns.pass(core, 1);
        }
    }
}
