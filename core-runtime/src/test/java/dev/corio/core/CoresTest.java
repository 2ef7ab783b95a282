package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Linux;
import dev.corio.uring.Ring;
import dev.corio.uring.Sqe;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.junit.jupiter.api.Test;

/// Starting cores: with good options and bad ones, and where the machine says no.
final class CoresTest {
    @Test
    void badOptionsAreRefusedWithTheLimitAndTheValue() {
        CoreOptions options = CoreOptions.defaults();
        Map<String, Supplier<CoreOptions>> bad =
                Map.ofEntries(
                        Map.entry("from 8 to 32768: 4", () -> options.ringEntries(4)),
                        Map.entry("from 8 to 32768: 65536", () -> options.ringEntries(65536)),
                        Map.entry("a power of two from 8", () -> options.ringEntries(100)),
                        Map.entry("at least 1: 0", () -> options.tasksPerTurn(0)),
                        Map.entry("1 to 16777216: 0", () -> options.operationsMax(0)),
                        Map.entry("1 to 16777216: -1", () -> options.operationsMax(-1)),
                        Map.entry("at least 2: 1", () -> options.mailboxMax(1)),
                        Map.entry("512 to 16777216: 511", () -> options.bufferBytes(511)),
                        Map.entry("up to 32768: 3", () -> options.groupBuffers(3)),
                        Map.entry("up to 32768: -8", () -> options.groupBuffers(-8)),
                        Map.entry("at least 1048576: 5", () -> options.poolBytesMax(5)),
                        Map.entry("at least 1: -3", () -> options.blockingThreadsMax(-3)),
                        Map.entry(
                                "turnBudget must be 1 ns to 1 s: PT0S",
                                () -> options.turnBudget(Duration.ZERO)),
                        Map.entry(
                                "stallAfter must be 0, or at least 10 ms: PT0.001S",
                                () -> options.stallAfter(Duration.ofMillis(1))),
                        Map.entry("0 to 1 s: PT2S", () -> options.spin(Duration.ofSeconds(2))),
                        Map.entry(
                                "at least 0: PT-1S",
                                () -> options.closeTimeout(Duration.ofSeconds(-1))),
                        Map.entry("at least one CPU", () -> options.cpus(new int[0])));
        bad.forEach((text, setter) -> {
            var refusal = assertThrows(IllegalArgumentException.class, setter::get, text);
            assertTrue(refusal.getMessage().contains(text), refusal.getMessage());
        });
    }

    @Test
    void optionsAreImmutable() {
        CoreOptions options = CoreOptions.defaults().cpus(1, 2);
        options.ringEntries(8).driver(DriverKind.EPOLL).cpus(5);
        assertEquals(256, options.ringEntries());
        int[] cpus = options.cpus();
        cpus[0] = 9;
        assertArrayEquals(new int[] {1, 2}, options.cpus());
    }

    @Test
    void driverNamesAreReadAndOthersRefused() {
        for (DriverKind kind : List.of(DriverKind.AUTO, DriverKind.IO_URING, DriverKind.EPOLL)) {
            assertEquals(kind, DriverKind.parse(kind.toString()));
        }
        // Nobody can come in from outside.
        assertThrows(IllegalArgumentException.class, () -> DriverKind.parse("simulated"));
        var refusal =
                assertThrows(IllegalArgumentException.class, () -> DriverKind.parse("kqueue"));
        assertEquals("driver must be auto, io_uring or epoll: kqueue", refusal.getMessage());
    }

    @EveryDriver
    void smallestAndLargestRingStart(DriverUnderTest driver) throws Exception {
        for (int entries : new int[] {8, 32768}) {
            driver.run(
                    driver.options().ringEntries(entries),
                    core -> assertEquals(0, core.await(Request.of(Sqe::nop))));
        }
    }

    @EveryDriver
    void cpuThatIsNotAllowedIsRefused(DriverUnderTest driver) {
        CoreOptions options = driver.options().cpus(4095);
        var refusal = assertThrows(IllegalArgumentException.class, () -> Cores.start(options));
        assertTrue(refusal.getMessage().contains("CPU 4095"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("taskset"), refusal.getMessage());
    }

    @EveryDriver
    void eachCoreIsPinnedToItsCpu(DriverUnderTest driver) throws Exception {
        int[] cpus = Cpus.read().allowed().stream().mapToInt(Integer::intValue).toArray();
        try (Cores cores = Cores.start(driver.options().cpus(cpus).pin(true))) {
            assertEquals(cpus.length, cores.size());
            assertTrue(cores.isPinned());
            int[][] seen = new int[cpus.length][];
            for (Task<?> each :
                    cores.spawnOnEach("affinity", core -> seen[core.index()] = Linux.affinity())) {
                each.join();
            }
            for (int index = 0; index < cpus.length; index++) {
                assertArrayEquals(new int[] {cpus[index]}, seen[index]);
                assertEquals(cpus[index], cores.core(index).cpu());
                assertEquals(index, cores.core(index).index());
            }
        }
    }

    @Test
    void coreIsOnlyThereOnACore() {
        assertThrows(IllegalStateException.class, Core::current);
    }

    @Test
    void missingAddOpensIsToldWithTheFlag() throws Exception {
        List<String> flags =
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        Child.CLASS_PATH,
                        StartedCores.class.getName());
        Child child = Child.run(List.of(), flags, "epoll");
        assertEquals(1, child.exit(), child.output());
        String twice = "IllegalStateException: Corio schedules virtual threads on its cores";
        assertEquals(2, child.output().split(twice, -1).length - 1, child.output());
        assertTrue(
                child.output().contains("--add-opens java.base/java.lang=ALL-UNNAMED"),
                child.output());
    }

    @Test
    void runsOnTheModulePathWithNativeAccessForTheBindingsAlone() throws Exception {
        String modulePath =
                Stream.of(
                                Core.class,
                                Ring.class,
                                MessagePassingQueue.class,
                                MpscVarHandleArrayQueue.class)
                        .map(CoresTest::place)
                        .distinct()
                        .collect(Collectors.joining(File.pathSeparator));
        assumeTrue(isModule(Core.class) && isModule(Ring.class), "built without module-info");
        List<String> flags =
                List.of(
                        "--illegal-native-access=deny",
                        "--enable-native-access=dev.corio.uring",
                        "--add-opens",
                        "java.base/java.lang=dev.corio.core",
                        "--module-path",
                        modulePath,
                        "--add-modules",
                        "dev.corio.core");
        Child child = Child.run(List.of(), flags, Child.source("ModulePathStart.java"));
        child.expectSuccess();
        assertEquals("dev.corio.core dev.corio.uring 42", child.output());
    }

    private static boolean isModule(Class<?> type) {
        Path place = Path.of(place(type));
        return !Files.isDirectory(place) || Files.exists(place.resolve("module-info.class"));
    }

    private static String place(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                    .toString();
        } catch (java.net.URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void spawnedOnEachMeansOneTaskPerCore() throws Exception {
        int cpu = Cpus.read().allowed().getFirst();
        CoreOptions options = DriverUnderTest.EPOLL.options().cpus(cpu, cpu, cpu);
        try (Cores cores = Cores.start(options)) {
            AtomicIntegerArray seen = new AtomicIntegerArray(3);
            for (Task<?> each :
                    cores.spawnOnEach("index", core -> seen.incrementAndGet(core.index()))) {
                each.join();
            }
            assertEquals("[1, 1, 1]", seen.toString());
            assertEquals(3, cores.stats().tasksStarted());
            assertFalse(cores.isPinned());
            assertEquals(DriverKind.EPOLL, cores.driver().kind());
        }
    }

    @Test
    void ioUringThatCannotBeHadIsAnIoException() {
        var failure =
                assertThrows(
                        IOException.class,
                        () -> DriverChoice.of(DriverKind.IO_URING, "-FAST_POLL"));
        assertTrue(failure.getMessage().length() > 10, failure.getMessage());
    }
}
