package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.Sqe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/// Cores that are kept from their loop until the report is there, so no test depends on the time
/// that it takes.
final class WatchdogTest {
    private static final Duration SHORT = Duration.ofMillis(20);

    /// More than a loop may lack a CPU for in the very turn in which it is to be found stuck.
    private static final Duration LONGER = Duration.ofMillis(250);

    @EveryDriver
    void taskThatKeepsItsCoreIsReportedWithNameAndStackOnceAndWhenItIsOver(DriverUnderTest driver)
            throws Exception {
        try (Logged logged = new Logged();
                Cores cores = Cores.start(driver.options().stallAfter(SHORT))) {
            for (int i = 1; i <= 2; i++) {
                int stalls = i;
                cores.core(0)
                        .spawn(
                                "cruncher",
                                () -> crunchUntil(() -> reports(logged, "task cruncher") == stalls))
                        .join();
                String report = logged.with("kept by task cruncher").get(i - 1);
                assertTrue(report.contains("WatchdogTest.crunchUntil"), report);
                assertTrue(report.contains("core 0"), report);
                waitUntil(() -> logged.with("task cruncher had kept it").size() == stalls);
            }
            assertEquals(2, reports(logged, "task cruncher"));
        }
    }

    @EveryDriver
    void threadThatATaskStartedIsFoundToo(DriverUnderTest driver) throws Exception {
        try (Logged logged = new Logged();
                Cores cores = Cores.start(driver.options().stallAfter(SHORT))) {
            cores.core(0)
                    .spawn(
                            "parent",
                            () ->
                                    Thread.ofVirtual()
                                            .name("child")
                                            .start(() ->
                                                    crunchUntil(() ->
                                                            reports(logged, "task child") == 1))
                                            .join())
                    .join();
            String report = logged.with("kept by task child").getFirst();
            assertTrue(report.contains("WatchdogTest.crunchUntil"), report);
        }
    }

    @EveryDriver
    void completionThatKeepsTheLoopIsReportedWithItsStack(DriverUnderTest driver) throws Exception {
        try (Logged logged = new Logged();
                Cores cores = Cores.start(driver.options().stallAfter(LONGER))) {
            Core core = cores.core(0);
            Operation slow =
                    new Operation(null) {
                        @Override
                        protected void prepare(Sqe sqe) {
                            sqe.nop();
                        }

                        @Override
                        protected void completed(int result, int flags) {
                            crunchUntil(() -> reports(logged, "the loop itself") == 1);
                        }

                        @Override
                        public String toString() {
                            return "slow";
                        }
                    };
            core.spawn("submitter", () -> core.await(slow)).join();
            String report = logged.with("kept by the loop itself").getFirst();
            assertTrue(report.contains("WatchdogTest.crunchUntil"), report);
            assertTrue(report.contains("Driver.drain("), report);
        }
    }

    /// What may look like a stall: sleeping, spinning, tasks that give way, waits of a task.
    @RealDrivers // compares with real time
    void coresThatSleepSpinOrWorkAreNotReported(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options().stallAfter(Duration.ofSeconds(1));
        try (Logged logged = new Logged();
                Cores idle = Cores.start(options);
                Cores spinning = Cores.start(options.spin(Duration.ofSeconds(1)));
                Cores busy = Cores.start(options)) {
            assertEquals(0, idle.core(0).stats().tasksStarted());
            Task<?> sleeper = idle.core(0).spawn("s", () -> Core.sleep(Duration.ofMillis(2_500)));
            Task<?> spinner =
                    spinning.core(0).spawn("s", () -> Core.sleep(Duration.ofMillis(2_500)));
            Task<Void> worker =
                    busy.core(0)
                            .spawn(
                                    "polite",
                                    () -> {
                                        while (!sleeper.isDone()) {
                                            Core.yield();
                                        }
                                    });
            worker.join();
            spinner.join();
            assertEquals(List.of(), logged.with("kept"));
        }
    }

    /// The other one is reported later than it would be.
    @RealDrivers // cores of their own
    void coreThatHasEndedIsNotReported(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options().stallAfter(LONGER);
        int cpu = options.cpus()[0];
        try (Logged logged = new Logged();
                Cores cores = Cores.start(options.cpus(cpu, cpu))) {
            cores.core(0).beginClose();
            cores.core(0).awaitClosed();
            // On a busy machine it may have been late while it lived.
            List<String> earlier = logged.with("core 0");
            cores.core(1)
                    .spawn(
                            "cruncher",
                            () -> crunchUntil(() -> reports(logged, "task cruncher") == 1))
                    .join();
            List<String> later = new ArrayList<>(logged.with("core 0"));
            later.removeAll(earlier);
            later.removeIf(line -> line.startsWith("core 0 goes on"));
            assertEquals(List.of(), later);
        }
    }

    @Test
    void zeroMeansNoThreadAtAll() throws Exception {
        CoreOptions options = DriverUnderTest.EPOLL.options();
        long before = watchdogs();
        try (Cores cores = Cores.start(options.stallAfter(Duration.ZERO))) {
            assertEquals(1, cores.size());
            assertEquals(before, watchdogs());
        }
        try (Cores cores = Cores.start(options)) {
            assertEquals(1, cores.size());
            assertEquals(before + 1, watchdogs());
        }
        waitUntil(() -> watchdogs() == before);
        assertThrows(
                IllegalArgumentException.class, () -> options.stallAfter(Duration.ofMillis(1)));
    }

    /// SIGSTOP stops the watchdog with the cores: time passes, and nobody is to blame.
    @Test
    void processThatWasSuspendedReportsNothing() throws Exception {
        Child child =
                Child.run(
                                List.of(
                                        "sh",
                                        "-c",
                                        "\"$@\" & pid=$!; for i in 1 2 3; do sleep 0.7;"
                                                + " kill -STOP $pid; sleep 1.5; kill -CONT $pid;"
                                                + " done; wait $pid",
                                        "sh"),
                                Suspended.class)
                        .expectSuccess();
        assertFalse(child.output().contains("kept"), child.output());
        assertTrue(child.output().endsWith("done"), child.output());
    }

    /// A core with a task that is always on its thread, giving way each millisecond.
    static final class Suspended {
        private Suspended() {}

        public static void main(String[] arguments) throws Exception {
            CoreOptions options = CoreOptions.defaults().driver(DriverKind.EPOLL);
            try (Cores cores = Cores.start(options)) {
                cores.core(0)
                        .spawn(
                                "busy",
                                () -> {
                                    long end = System.nanoTime() + 7_000_000_000L;
                                    while (System.nanoTime() - end < 0) {
                                        long slice = System.nanoTime() + 1_000_000;
                                        crunchUntil(() -> System.nanoTime() - slice >= 0);
                                        Core.yield();
                                    }
                                })
                        .join();
            }
            System.out.println("done");
        }
    }

    private static int reports(Logged logged, String occupant) {
        return logged.written("has been kept by " + occupant).size();
    }

    private static long watchdogs() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("corio-watchdog"))
                .peek(thread -> assertTrue(thread.isDaemon()))
                .count();
    }

    private static void crunchUntil(BooleanSupplier isOver) {
        while (!isOver.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private static void waitUntil(BooleanSupplier isTrue) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        while (!isTrue.getAsBoolean()) {
            never.await(1, TimeUnit.MILLISECONDS);
        }
    }
}
