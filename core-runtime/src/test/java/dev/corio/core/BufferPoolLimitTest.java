package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/// What happens when a pool has given out all it may.
final class BufferPoolLimitTest {
    private static final int MIB = 1 << 20;
    private static final Duration LONG = Duration.ofSeconds(2);

    @Test
    void bufferThatComesBackGoesToTheFirstWhomItFits() throws Exception {
        try (Cores cores = Cores.start(options(2 * MIB))) {
            Core core = cores.core(0);
            core.spawn(
                            "test",
                            () -> {
                                IoBuffer large = IoBuffer.lease(MIB);
                                List<IoBuffer> small = leaseAll(core, 512);
                                Task<Void> wantsLarge = leaser(core, MIB);
                                Task<Void> wantsSmall = leaser(core, 512);
                                Turns.pass(core, 5);
                                small.removeLast().close();
                                try {
                                    wantsSmall.join(LONG);
                                } finally {
                                    large.close();
                                    small.forEach(IoBuffer::close);
                                }
                                wantsLarge.join(LONG);
                                return null;
                            })
                    .join();
        }
    }

    @Test
    void memoryThatIsFreeInAnotherClassIsNotLost() throws Exception {
        try (Cores cores = Cores.start(options(MIB))) {
            Core core = cores.core(0);
            Task<Void> task =
                    core.spawn(
                            "test",
                            () -> {
                                leaseAll(core, 512).forEach(IoBuffer::close);
                                assertEquals(0, core.buffers().leasedCount());
                                IoBuffer.lease(16 << 10).close();
                                return null;
                            });
            task.join(LONG);
        }
    }

    /// Without it whoever leases and gives back in a loop would keep the big one waiting for ever.
    @Test
    void bigLeaseIsNotStarvedBySmallOnes() throws Exception {
        run(
                options(MIB),
                core -> {
                    List<IoBuffer> small = leaseAll(core, 512);
                    Task<Void> wantsLarge = leaser(core, MIB);
                    Turns.pass(core, 5);
                    assertEquals(1, core.buffers().waitingCount());
                    int leases = 0;
                    while (!small.isEmpty()) {
                        small.removeLast().close();
                        IoBuffer again = core.buffers().tryLease(512);
                        if (again == null) {
                            continue;
                        }
                        small.add(again);
                        leases++;
                        assertTrue(leases <= BufferPool.PASSED_OVER_MAX, "it is passed over still");
                    }
                    assertEquals(BufferPool.PASSED_OVER_MAX, leases);
                    wantsLarge.join(LONG);
                    IoBuffer.lease(512).close();
                });
    }

    @Test
    void bigLeaseThatGivesUpLeavesTheMemoryToTheOthers() throws Exception {
        run(
                options(MIB),
                core -> {
                    List<IoBuffer> small = leaseAll(core, 512);
                    Task<Void> wantsLarge = leaser(core, MIB);
                    Turns.pass(core, 5);
                    IoBuffer again = small.removeLast();
                    while (again != null) {
                        again.close();
                        again = core.buffers().tryLease(512);
                    }
                    Task<Void> wantsSmall = leaser(core, 512);
                    Turns.pass(core, 5);
                    assertEquals(2, core.buffers().waitingCount());
                    wantsLarge.cancel();
                    wantsSmall.join(LONG);
                    assertThrows(CancellationException.class, () -> wantsLarge.join(LONG));
                    assertEquals(0, core.buffers().waitingCount());
                    int size = small.size();
                    small.addAll(leaseAll(core, 512));
                    assertEquals(size + 1, small.size(), "none is lost");
                    small.forEach(IoBuffer::close);
                });
    }

    @Test
    void nobodyOvertakesThoseWhoWaitForTheSameSize() throws Exception {
        run(
                options(MIB),
                core -> {
                    IoBuffer all = IoBuffer.lease(MIB);
                    IoBuffer onLoop = core.buffers().unleased();
                    boolean[] granted = new boolean[1];
                    assertFalse(core.buffers().lease(onLoop, MIB, () -> granted[0] = true));
                    assertThrows(
                            IllegalStateException.class,
                            () -> core.buffers().tryLease(onLoop, MIB),
                            "it waits already");
                    Task<Void> second = leaser(core, MIB);
                    Turns.pass(core, 5);
                    all.close();
                    assertTrue(granted[0], "the first, at once");
                    assertFalse(onLoop.isClosed());
                    assertNull(core.buffers().tryLease(MIB));
                    onLoop.close();
                    assertNull(core.buffers().tryLease(MIB), "the second has it");
                    second.join(LONG);
                });
    }

    @Test
    void whoGaveUpIsNotServed() throws Exception {
        run(
                options(MIB),
                core -> {
                    IoBuffer all = IoBuffer.lease(MIB);
                    IoBuffer onLoop = core.buffers().unleased();
                    assertFalse(
                            core.buffers()
                                    .lease(
                                            onLoop,
                                            MIB,
                                            () -> {
                                                throw new AssertionError("it gave up");
                                            }));
                    core.buffers().giveUp(onLoop);
                    core.buffers().giveUp(onLoop);
                    all.close();
                    assertTrue(onLoop.isClosed());
                    assertEquals(0, core.buffers().waitingCount());
                    core.buffers().lease(onLoop, MIB).close();
                });
    }

    @Test
    void oneWhoFailsWhenServedDoesNotHarmWhoGaveTheMemoryBack() throws Exception {
        try (Logged log = new Logged()) {
            run(
                    options(MIB),
                    core -> {
                        IoBuffer all = IoBuffer.lease(MIB);
                        IoBuffer onLoop = core.buffers().unleased();
                        core.buffers()
                                .lease(
                                        onLoop,
                                        MIB,
                                        () -> {
                                            throw new IllegalStateException("boom");
                                        });
                        all.close();
                        onLoop.close();
                    });
            assertEquals(1, log.with("a buffer was given to someone who failed").size());
        }
    }

    @Test
    void closingCoreEndsTheWait() throws Exception {
        Task<Void> waiting;
        try (Cores cores = Cores.start(options(MIB))) {
            Core core = cores.core(0);
            core.spawn(
                            "test",
                            () -> {
                                IoBuffer all = IoBuffer.lease(MIB);
                                core.spawn(
                                        "holder",
                                        () -> {
                                            try (all) {
                                                new Suspension(core, "the end").await();
                                            }
                                        });
                            })
                    .join();
            waiting = leaser(core, MIB);
        }
        assertThrows(CancellationException.class, () -> waiting.join(LONG));
    }

    @Test
    void moreThanThePoolMayEverHaveIsRefused() throws Exception {
        try (Cores cores = Cores.start(options(3 * MIB))) {
            for (int bytes : new int[] {4 * MIB, 3 * MIB, 2 * MIB + 1}) {
                Task<Void> task = leaser(cores.core(0), bytes);
                var failure = assertThrows(ExecutionException.class, () -> task.join(LONG));
                String text = failure.getCause().getMessage();
                assertTrue(text.contains("must be 1 to 2097152"), text);
                assertTrue(text.contains("CoreOptions.poolBytesMax"), text);
            }
        }
    }

    @Test
    void whatTheGroupHasIsNoLeasersToWaitFor() throws Exception {
        try (Cores cores = Cores.start(options(4 * MIB).groupBuffers(128))) {
            leaser(cores.core(0), 2 * MIB).join(LONG);
            Task<Void> task = leaser(cores.core(0), 2 * MIB + 1);
            assertThrows(ExecutionException.class, () -> task.join(LONG));
        }
    }

    @Test
    void leaserThatCannotWaitLeavesTheQueue() throws Exception {
        run(
                options(MIB),
                core -> {
                    List<IoBuffer> all = leaseAll(core, 512);
                    // Pinned to the core, where nobody else can give one back.
                    assertThrows(
                            IllegalStateException.class,
                            () -> Pinned.inInitialiser(() -> IoBuffer.lease(512)));
                    assertEquals(0, core.buffers().waitingCount());
                    all.forEach(IoBuffer::close);
                    assertEquals(0, core.buffers().leasedCount());
                });
    }

    @Test
    void groupOfTheDriverLeavesRoomForLeasers() throws Exception {
        // 256 buffers of 16 KiB are 4 MiB: the group takes the whole pool of 1 MiB.
        try (Cores cores = Cores.start(options(MIB).groupBuffers(256))) {
            leaser(cores.core(0), 512).join(LONG);
        }
    }

    private static void run(CoreOptions options, DriverUnderTest.Body body) throws Exception {
        DriverUnderTest.EPOLL.run(options, body);
    }

    private static CoreOptions options(long bytesMax) {
        return DriverUnderTest.EPOLL
                .options()
                .groupBuffers(0)
                .poolBytesMax(bytesMax)
                .closeTimeout(Duration.ofMillis(200));
    }

    private static Task<Void> leaser(Core core, int bytes) {
        return core.spawn(
                "leaser",
                () -> {
                    IoBuffer.lease(bytes).close();
                    return null;
                });
    }

    private static List<IoBuffer> leaseAll(Core core, int bytes) {
        List<IoBuffer> all = new ArrayList<>();
        for (IoBuffer each = core.buffers().tryLease(bytes);
                each != null;
                each = core.buffers().tryLease(bytes)) {
            all.add(each);
        }
        return all;
    }
}
