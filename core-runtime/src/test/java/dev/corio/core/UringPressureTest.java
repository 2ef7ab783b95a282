package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.RingFeature;
import dev.corio.uring.Sqe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Far more operations than the rings have room for, and a kernel that says no: nothing is lost and
/// nothing happens twice.
final class UringPressureTest {
    private static final int OPERATIONS = 10_000;
    private static final int CLIENTS = 200;

    /// Far more than a loop makes that rests between its attempts.
    private static final int TURNS_MAX = 2_000;

    @EveryDriver
    void completionsThatDoNotFitAreKept(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().ringEntries(8),
                core -> {
                    long before = core.stats().enters();
                    List<Request> all = new ArrayList<>();
                    for (int i = 0; i < OPERATIONS; i++) {
                        all.add(submitted(core, Request.of(Sqe::nop)));
                    }
                    drained(core);
                    all.forEach(each -> assertEquals(List.of(0), each.results));
                    // Eight go in at once.
                    long enters = core.stats().enters() - before;
                    assertTrue(enters < OPERATIONS / 4, "enters: " + enters);
                });
    }

    /// Without `SUBMIT_ALL` the kernel stops behind each entry that it refuses.
    @EveryDriver
    void entriesThatAreRefusedHoldUpNobody(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().ringEntries(8),
                core -> {
                    try (Arena arena = Arena.ofConfined();
                            Pair pair = Pair.open()) {
                        Sqe unknown = unknown(arena, pair.left.fd());
                        List<Request> good = new ArrayList<>();
                        List<Request> bad = new ArrayList<>();
                        for (int i = 0; i < OPERATIONS; i++) {
                            boolean isBad = i % 3 == 0;
                            Consumer<Sqe> entry = isBad ? sqe -> sqe.copyFrom(unknown) : Sqe::nop;
                            (isBad ? bad : good).add(submitted(core, Request.of(entry)));
                        }
                        drained(core);
                        good.forEach(each -> assertEquals(List.of(0), each.results));
                        bad.forEach(each -> assertEquals(List.of(-Errno.EINVAL), each.results));
                    }
                });
    }

    /// More connections than completions have room: the kernel ends the accept early.
    @EveryDriver
    void multishotThatEndsForWantOfRoomLosesNobody(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().ringEntries(8),
                core -> {
                    assumeTrue(
                            core.supports(RingFeature.MULTISHOT_ACCEPT),
                            "kernel without multishot accept");
                    try (LoopbackListener listener = LoopbackListener.open()) {
                        List<Descriptor> ends = new ArrayList<>();
                        for (int i = 0; i < CLIENTS; i++) {
                            ends.add(listener.connect());
                        }
                        Request accept = accept(listener.descriptor);
                        int flights = 0;
                        while (accept.results.size() < CLIENTS) {
                            if (!accept.isInFlight()) {
                                submitted(core, accept);
                                flights++;
                            }
                            Turns.pass(core, 1);
                        }
                        boolean hasQueue = core.driver() instanceof UringDriver;
                        assertTrue(flights > 1 || !hasQueue, "it did not end early");
                        accept.results.forEach(fd -> ends.add(Descriptor.ofSocket(fd)));
                        assertEquals(
                                2 * CLIENTS,
                                ends.stream().map(Descriptor::fd).distinct().count(),
                                "each once");
                        ends.forEach(Descriptor::close);
                    }
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
        "EINTR, IO_URING",
        "EINTR, IO_URING_5_10",
        "EINTR, EPOLL",
        "EBUSY, IO_URING",
        "EBUSY, IO_URING_5_10",
        "EAGAIN, IO_URING",
        "EAGAIN, IO_URING_5_10"
    })
    void nothingIsLostWhenEnterFails(String error, DriverUnderTest driver) throws Exception {
        driver.options();
        Child child =
                Child.run(
                        Strace.failingWaits(driver, error, "3+7"),
                        EchoUnderFire.class,
                        driver.name());
        child.expectSuccess();
        assertTrue(child.output().endsWith("ok"), child.output());
    }

    /// A kernel that is short of memory for a second is not asked a million times.
    @ParameterizedTest
    @CsvSource({
        "EAGAIN, IO_URING", "EAGAIN, IO_URING_5_10",
        "EBUSY, IO_URING", "EBUSY, IO_URING_5_10"
    })
    void nothingSpinsWhileEnterFails(String error, DriverUnderTest driver) throws Exception {
        driver.options();
        Child child =
                Child.run(
                        Strace.failingWaits(driver, error, "200+"),
                        TurnsUnderFire.class,
                        driver.name());
        child.expectSuccess();
        int turns = Integer.parseInt(child.output());
        assertTrue(turns < TURNS_MAX, "turns in a second: " + turns);
    }

    private static Request submitted(Core core, Request request) {
        assertTrue(core.submit(request));
        return request;
    }

    private static Request waiting(Descriptor descriptor) {
        return Request.on(descriptor, sqe -> sqe.pollAdd(descriptor.fd(), Linux.POLLIN));
    }

    /// The entry of an operation that no kernel knows.
    private static Sqe unknown(Arena arena, int fd) {
        MemorySegment entry = arena.allocate(Sqe.BYTES, Long.BYTES);
        Sqe sqe = Sqe.over(entry.address());
        sqe.recv(fd, 0, 0, 0);
        entry.set(ValueLayout.JAVA_BYTE, 0, (byte) 255);
        return sqe;
    }

    private static Request accept(Descriptor listener) {
        return Request.on(listener, sqe -> sqe.acceptMultishot(listener.fd(), Linux.SOCK_CLOEXEC));
    }

    private static void drained(Core core) {
        while (core.stats().operationsInFlight() > 0) {
            Turns.pass(core, 1);
        }
    }
}
