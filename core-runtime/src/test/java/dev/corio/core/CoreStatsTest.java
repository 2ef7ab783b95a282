package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.Sqe;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class CoreStatsTest {
    @RealDrivers // virtual time stands still while tasks run
    void timeIsSplitIntoTasksKernelAndIdle(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            CoreStats start = core.stats();
            Core.sleep(Duration.ofMillis(20));
            CoreStats slept = core.stats().minus(start);
            assertTrue(slept.idleNanos() >= 10_000_000, slept.toString());

            burn(Duration.ofMillis(20));
            Core.yield();
            CoreStats burnt = core.stats().minus(start).minus(slept);
            assertTrue(burnt.taskNanos() >= 20_000_000, burnt.toString());
            assertTrue(burnt.longestTurnNanos() >= 20_000_000, burnt.toString());

            CoreStats before = core.stats();
            for (int i = 0; i < 50; i++) {
                core.submit(Request.of(Sqe::nop));
                Core.yield();
            }
            CoreStats busy = core.stats().minus(before);
            assertTrue(busy.kernelNanos() > 0, busy.toString());
            assertEquals(0, busy.idleNanos(), "a core that always had something to do");
        });
    }

    @EveryDriver
    void spinningIsIdle(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().spin(Duration.ofSeconds(1)),
                core -> {
                    CoreStats start = core.stats();
                    Core.sleep(Duration.ofMillis(5));
                    CoreStats spun = core.stats().minus(start);
                    assertTrue(spun.idleNanos() >= 4_000_000, spun.toString());
                });
    }

    @EveryDriver
    void depthsOfQueuesAreSeenFromInsideAndOutside(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().poolBytesMax(1 << 20).groupBuffers(0),
                core -> {
                    List<Task<?>> tasks = new ArrayList<>();
                    for (int i = 0; i < 7; i++) {
                        tasks.add(core.spawn("ready", () -> null));
                    }
                    for (int i = 0; i < 3; i++) {
                        core.execute(() -> {});
                    }
                    core.submit(Request.of(Sqe::nop));
                    Timer timer =
                            new Timer() {
                                @Override
                                protected void fired() {}
                            };
                    core.arm(timer, Duration.ofDays(1));
                    CoreStats inside = core.stats();
                    assertEquals(7, inside.runQueueLength());
                    assertEquals(3, inside.mailboxLength());
                    assertTrue(inside.submissionsPending() >= 1, inside.toString());
                    int armed = inside.timersArmed();
                    CoreStats outside = seenFromOutside(core);
                    assertEquals(7, outside.runQueueLength());
                    assertEquals(3, outside.mailboxLength());
                    assertEquals(armed, outside.timersArmed());
                    core.disarm(timer);
                    assertEquals(armed - 1, core.stats().timersArmed());

                    try (IoBuffer all = IoBuffer.lease(1 << 20)) {
                        assertEquals(1 << 20, all.capacity());
                        tasks.add(
                                core.spawn(
                                        "leaser",
                                        () -> {
                                            IoBuffer.lease(512).close();
                                            return null;
                                        }));
                        Turns.pass(core, 2);
                        assertEquals(1, core.stats().leasersWaiting());
                    }
                    for (Task<?> each : tasks) {
                        each.join();
                    }
                    CoreStats after = core.stats();
                    assertEquals(0, after.leasersWaiting());
                    assertEquals(0, after.runQueueLength());
                    assertEquals(0, after.mailboxLength());
                });
    }

    @RealDrivers // simulated blocking calls have no threads
    void callsThatBlockAreSeenByAllCores(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options().blockingThreadsMax(2);
        int cpu = options.cpus()[0];
        try (Cores cores = Cores.start(options.cpus(cpu, cpu))) {
            CountDownLatch begun = new CountDownLatch(2);
            CountDownLatch release = new CountDownLatch(1);
            List<Task<?>> calls = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                calls.add(
                        cores.core(i % 2)
                                .spawn(
                                        "calls",
                                        () ->
                                                Blocking.call(() -> {
                                                    begun.countDown();
                                                    release.await();
                                                    return true;
                                                })));
            }
            begun.await();
            cores.core(0).spawn("turn", () -> {}).join();
            cores.core(1).spawn("turn", () -> {}).join();
            for (CoreStats each :
                    List.of(cores.stats(), cores.core(0).stats(), cores.core(1).stats())) {
                assertEquals(3, each.blockingQueued());
                assertEquals(2, each.blockingRunning());
                assertEquals(2, each.blockingMax());
                assertEquals(each.blockingQueued(), each.numbers().get("blockingQueued"));
                assertTrue(
                        each.toString().contains("2 calls on 2 threads at most, 3 waiting for one"),
                        each.toString());
            }
            release.countDown();
            for (Task<?> each : calls) {
                each.join();
            }
            assertEquals(0, cores.stats().blockingQueued());
            assertEquals(2, cores.stats().blockingMax());
        }
    }

    @RealDrivers // virtual time stands still while tasks run
    void delayInTheRunQueueIsMeasured(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            CoreStats before = core.stats();
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                tasks.add(
                        core.spawn(
                                "slow",
                                () -> {
                                    burn(Duration.ofMillis(1));
                                    return null;
                                }));
            }
            for (Task<?> each : tasks) {
                each.join();
            }
            DelayHistogram delays = core.stats().minus(before).runQueueDelay();
            assertTrue(delays.count() >= 1, delays.toString());
            // The first of those that are watched is among the first 17, the others wait longer.
            assertTrue(delays.percentileNanos(100) >= 15_000_000 || delays.count() > 1);
        });
    }

    @EveryDriver
    void idleCoreIsCountedWithoutWakingIt(DriverUnderTest driver) throws Exception {
        try (Cores cores = Cores.start(driver.options())) {
            cores.core(0).spawn("first", () -> null).join();
            CoreStats before = cores.stats();
            while (cores.stats().turns() != before.turns()) {
                before = cores.stats();
                Thread.sleep(20);
            }
            for (int i = 0; i < 100; i++) {
                assertEquals(before.turns(), cores.stats().turns());
            }
        }
    }

    @Test
    void everyNumberHasItsComponentsName() {
        List<String> expected = new ArrayList<>();
        for (RecordComponent component : CoreStats.class.getRecordComponents()) {
            if (component.getType() != DelayHistogram.class) {
                expected.add(component.getName());
            }
        }
        expected.addAll(
                List.of("runQueueDelayP50Nanos", "runQueueDelayP99Nanos", "runQueueDelayMaxNanos"));
        assertEquals(expected, List.copyOf(CoreStats.ZERO.numbers().keySet()));
    }

    /// Each number is another one, so none can stand for its neighbour.
    @Test
    void sumsAndDifferencesKeepEachNumberInItsPlace() throws Exception {
        CoreStats one = numbered(1000);
        CoreStats sum = one.plus(numbered(1));
        CoreStats difference = sum.minus(numbered(1));
        for (RecordComponent component : CoreStats.class.getRecordComponents()) {
            String name = component.getName();
            if (component.getType() == DelayHistogram.class) {
                continue;
            }
            long value = number(one, component);
            // The longest of all, and what all cores share.
            boolean isOne = name.equals("longestTurnNanos") || name.startsWith("blocking");
            long expected = isOne ? value : value + value / 1000;
            assertEquals(expected, number(sum, component), name);
            boolean isState = component.getType() == int.class || name.equals("bufferBytesLeased");
            assertEquals(isState ? expected : value, number(difference, component), name);
        }
    }

    @Test
    void textSaysWhereTheTimeWent() {
        String text = numbered(1_000_000).toString();
        assertTrue(text.contains("tasks 31.3 %, kernel 33.3 %, idle 35.4 % of 48 ms"), text);
        assertTrue(text.contains("completions"), text);
        assertTrue(CoreStats.ZERO.toString().contains("0 live"));
    }

    private static CoreStats numbered(int step) {
        try {
            RecordComponent[] components = CoreStats.class.getRecordComponents();
            Class<?>[] types = new Class<?>[components.length];
            Object[] values = new Object[components.length];
            for (int i = 0; i < components.length; i++) {
                types[i] = components[i].getType();
                if (types[i] == int.class) {
                    values[i] = (i + 1) * step;
                } else if (types[i] == long.class) {
                    values[i] = (long) (i + 1) * step;
                } else {
                    values[i] = DelayHistogram.ZERO;
                }
            }
            return CoreStats.class.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static long number(CoreStats stats, RecordComponent component) throws Exception {
        return ((Number) component.getAccessor().invoke(stats)).longValue();
    }

    /// Keeps the core meanwhile: a join would let it go on.
    private static CoreStats seenFromOutside(Core core) {
        CoreStats[] seen = {CoreStats.ZERO};
        Thread observer = Thread.ofPlatform().start(() -> seen[0] = core.stats());
        while (observer.isAlive()) {
            Thread.onSpinWait();
        }
        return seen[0];
    }

    private static void burn(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - end < 0) {
            Thread.onSpinWait();
        }
    }
}
