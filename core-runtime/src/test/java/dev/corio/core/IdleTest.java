package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

final class IdleTest {
    private static final int IDLE_MILLIS = 300;
    private static final long TRIFLE_NANOS = 3_000_000;

    /// On a kernel in memory time does not stand still when nothing happens: it jumps.
    @RealDrivers
    void idleCoreMakesNoTurnsAndUsesNoTime(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            // Something to wait for: a receive that never ends, and a timer in a far future.
            Task<Integer> waiter =
                    core.spawn(
                            "waiter",
                            () -> {
                                try (Pair pair = Pair.open()) {
                                    return core.await(
                                            Request.on(
                                                    pair.left,
                                                    sqe ->
                                                            sqe.pollAdd(
                                                                    pair.left.fd(), Linux.POLLIN)),
                                            Duration.ofDays(1));
                                }
                            });
            CoreStats before = settled(core);
            long cpuBefore = cpuNanos();
            Thread.sleep(IDLE_MILLIS);
            CoreStats after = core.stats();
            assertEquals(before.turns(), after.turns(), "turns");
            assertEquals(before.enters(), after.enters(), "enters");
            assertEquals(before.systemCalls(), after.systemCalls(), "system calls");
            long used = cpuNanos() - cpuBefore;
            assertTrue(used < TRIFLE_NANOS, "an idle core used " + used + " ns");
            waiter.cancel();
        }
    }

    /// Waits until nothing changes any more.
    private static CoreStats settled(Core core) throws InterruptedException {
        CoreStats stats = core.stats();
        while (true) {
            Thread.sleep(20);
            CoreStats next = core.stats();
            if (next.turns() == stats.turns() && next.tasksLive() == 1) {
                return next;
            }
            stats = next;
        }
    }

    /// What the thread of the core has run, by the kernel's account.
    private static long cpuNanos() throws IOException {
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path task : tasks) {
                if (Files.readString(task.resolve("comm")).startsWith("corio-core-0")) {
                    String account = Files.readString(task.resolve("schedstat"));
                    return Long.parseLong(account.split(" ")[0]);
                }
            }
        }
        throw new AssertionError("no thread of the core");
    }
}
