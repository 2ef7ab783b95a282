package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class TaskDumpTest {
    @EveryDriver
    void everyTaskIsThereWithWhatItWaitsFor(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                Request receive =
                        Request.on(
                                pair.right,
                                sqe -> sqe.recv(pair.right.fd(), in.writeAddress(), 1, 0));
                receive.buffer(in);
                Task<?> reader = core.spawn("reader", () -> core.await(receive));
                Task<?> sleeper = core.spawn("sleeper", () -> Core.sleep(Duration.ofDays(1)));
                Task<?> joiner = core.spawn("joiner", () -> sleeper.join());
                Suspension signal = new Suspension(core, "a signal");
                Task<?> waiter = core.spawn("waiter", signal::await);
                Turns.pass(core, 2);
                Task<?> ready = core.spawn("ready", () -> null);
                String dump = core.dump();
                assertTrue(dump.startsWith("core 0: 6 tasks\n"), dump);
                assertLine(dump, "  test: runs, age .*");
                assertLine(dump, "  reader: waits for request\\(.*\\), age .*");
                assertLine(dump, "  sleeper: waits for sleep\\(PT24H\\), age .*");
                assertLine(dump, "  joiner: waits for task sleeper, age .*");
                assertLine(dump, "  waiter: waits for a signal, age .*");
                assertLine(dump, "  ready: is ready, age .*");

                String[] fromOutside = {null};
                Thread asker = Thread.ofPlatform().start(() -> fromOutside[0] = core.dump());
                asker.join();
                assertLine(fromOutside[0], "  reader: waits for request\\(.*\\), age .*");
                assertFalse(fromOutside[0].contains("does not answer"), fromOutside[0]);

                ready.join();
                signal.resume();
                waiter.join();
                joiner.cancel();
                sleeper.cancel();
                reader.cancel();
                while (core.stats().tasksLive() > 1) {
                    Core.yield();
                }
            }
        });
    }

    @RealDrivers // a day of sleep is over at once in virtual time
    void coreThatIsStuckIsDumpedFromOutsideWithWhatKeepsIt(DriverUnderTest driver)
            throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            Task<?> patient = core.spawn("patient", () -> Core.sleep(Duration.ofDays(1)));
            CountDownLatch begun = new CountDownLatch(1);
            Task<?> stuck =
                    core.spawn(
                            "stuck",
                            () -> {
                                begun.countDown();
                                while (release.getCount() > 0) {
                                    Thread.onSpinWait();
                                }
                            });
            begun.await();
            String dump = cores.dump();
            release.countDown();
            stuck.join();
            assertTrue(dump.contains("2 tasks at least; it does not answer"), dump);
            assertTrue(dump.contains("kept by task stuck, here:\n\tat "), dump);
            assertTrue(dump.contains("TaskDumpTest"), dump);
            assertLine(dump, "  stuck: runs, age .*");
            assertLine(dump, "  patient: waits for sleep\\(PT24H\\), age .*");
            patient.cancel();
        }
    }

    @Test
    void coresThatAreClosedHaveNothingToShow() throws Exception {
        Cores cores = Cores.start(DriverUnderTest.EPOLL.options());
        cores.close();
        assertEquals("core 0: 0 tasks\n", cores.dump());
    }

    /// Virtual threads made by the JDK's internal builder are in its dump, with what they wait for.
    @RealDrivers // in a process of its own
    void dumpOfTheJdkShowsTasks(DriverUnderTest driver) throws Exception {
        String kind = driver.options().driver().toString();
        String json = Child.run(Dumped.class, kind).expectSuccess().output();
        Pattern task =
                Pattern.compile(
                        "\"name\": \"the-reader\",\\s*\"state\": \"WAITING\",\\s*\"parkBlocker\": \\{"
                                + "\\s*\"object\": \"dev\\.corio\\.core\\.Request@");
        assertTrue(task.matcher(json).find(), json);
        assertTrue(
                json.contains("dev.corio.core\\/") || json.contains("dev.corio.core.Core.await"));
    }

    /// Dumps itself by way of jcmd.
    static final class Dumped {
        private Dumped() {}

        public static void main(String[] arguments) throws Exception {
            CoreOptions options =
                    CoreOptions.defaults().driver(DriverKind.parse(arguments[0])).cpus(0);
            Path file = Files.createTempDirectory("corio-dump").resolve("threads.json");
            try (Cores cores = Cores.start(options.pin(false))) {
                Core core = cores.core(0);
                CountDownLatch opened = new CountDownLatch(1);
                Task<?> reader =
                        core.spawn(
                                "the-reader",
                                () -> {
                                    try (Pair pair = Pair.open();
                                            IoBuffer in = IoBuffer.lease()) {
                                        Request receive =
                                                Request.on(
                                                        pair.right,
                                                        sqe ->
                                                                sqe.recv(
                                                                        pair.right.fd(),
                                                                        in.writeAddress(),
                                                                        1,
                                                                        0));
                                        receive.buffer(in);
                                        opened.countDown();
                                        return core.await(receive);
                                    }
                                });
                opened.await();
                core.spawn("after", () -> null).join();
                String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
                new ProcessBuilder(
                                jcmd,
                                Long.toString(ProcessHandle.current().pid()),
                                "Thread.dump_to_file",
                                "-format=json",
                                file.toString())
                        .redirectErrorStream(true)
                        .start()
                        .waitFor();
                System.out.println(Files.readString(file));
                reader.cancel();
            } finally {
                Files.deleteIfExists(file);
                Files.delete(file.getParent());
            }
        }
    }

    private static void assertLine(String dump, String pattern) {
        assertTrue(dump.lines().anyMatch(line -> line.matches(pattern)), pattern + " in\n" + dump);
    }
}
