package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// How a program begins and ends; most of it in a process of its own, which ends with it.
final class CorioTest {
    @RealDrivers
    void programThatEndsEndsTheProcessWithZeroAndItsTasksCleanUp(DriverUnderTest driver)
            throws Exception {
        Child child = run(driver, "ends").expectSuccess();
        assertContains(child, "on 0 of 2");
        assertContains(child, "cleaned up left over");
    }

    @RealDrivers
    void programThatThrowsEndsWithOneAndTheStack(DriverUnderTest driver) throws Exception {
        Child child = run(driver, "throws");
        assertEquals(1, child.exit(), child.output());
        assertContains(
                child,
                "Exception in task \"main\" java.lang.IllegalArgumentException: no luck on 0");
        assertContains(child, "at dev.corio.core.EntryPoint.fail");
    }

    @RealDrivers
    void programSaysItsExitCode(DriverUnderTest driver) throws Exception {
        assertEquals(42, run(driver, "answers").exit());
    }

    @Test
    void threadsThatLingerDoNotKeepTheProcess() throws Exception {
        run(DriverUnderTest.EPOLL, "lingers").expectSuccess();
    }

    @Test
    void coresThatCannotStartAreOneLineAndOne() throws Exception {
        Child child = run(DriverUnderTest.EPOLL, "cannot start");
        assertEquals(1, child.exit(), child.output());
        assertTrue(child.output().startsWith("corio: cannot start: CPU 4095"), child.output());
        assertEquals(1, child.output().lines().count(), child.output());
    }

    @RealDrivers
    void signalThatNobodyAwaitsCancelsTheProgram(DriverUnderTest driver) throws Exception {
        expectCancelled(driver, Signal.TERM);
    }

    @ParameterizedTest
    @EnumSource(names = {"INT", "HUP"})
    void soDoTheOtherTwo(Signal signal) throws Exception {
        // A shell starts background jobs so that they ignore INT, and nohup so that they ignore
        // HUP.
        assumeFalse(isIgnored(signal), "started to ignore " + signal + ", and so are its children");
        expectCancelled(DriverUnderTest.EPOLL, signal);
    }

    private static void expectCancelled(DriverUnderTest driver, Signal signal) throws Exception {
        Child child = run(driver, "is signalled", signal.name());
        assertEquals(128 + signal.number(), child.exit(), child.output());
        assertContains(child, "cleaned up main");
        assertContains(child, "cleaned up other");
        assertFalse(child.output().contains("Exception"), child.output());
    }

    private static boolean isIgnored(Signal signal) throws IOException {
        String mask =
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .findFirst()
                        .orElseThrow()
                        .substring("SigIgn:".length())
                        .strip();
        return (Long.parseUnsignedLong(mask, 16) >>> (signal.number() - 1) & 1) == 1;
    }

    @RealDrivers
    void secondSignalEndsTheProcessAtOnce(DriverUnderTest driver) throws Exception {
        Child child = run(driver, "is deaf", "TERM");
        assertEquals(143, child.exit(), child.output());
        assertContains(child, "the process ends at once: SIGTERM");
    }

    @RealDrivers
    void signalIsAwaitedWhileTheCoreGoesOn(DriverUnderTest driver) throws Exception {
        Child child = run(driver, "awaits").expectSuccess();
        assertContains(child, "got TERM");
    }

    @Test
    void signalsAreCollectedAndWhatIsLeftHasItsUsualEffect() throws Exception {
        Child child = run(DriverUnderTest.EPOLL, "collects");
        assertEquals(143, child.exit(), child.output());
        assertContains(child, "got USR1");
        assertContains(child, "got TERM");
        assertContains(child, "cleaned up main");
    }

    @Test
    void programThatAnswersAfterASignalIsBelieved() throws Exception {
        Child child = run(DriverUnderTest.EPOLL, "swallows");
        assertEquals(7, child.exit(), child.output());
    }

    @RealDrivers
    void writeToNobodyIsAnErrorAndNotTheEnd(DriverUnderTest driver) throws Exception {
        assertContains(run(driver, "writes to nobody").expectSuccess(), "write: EPIPE");
    }

    @RealDrivers
    void programEndsWithOneWhenACoreIsLost(DriverUnderTest driver) throws Exception {
        Child child = run(driver, "loses a core");
        assertEquals(1, child.exit(), child.output());
        assertContains(child, "core 1 has failed and ends");
        assertContains(child, "cleaned up main");
    }

    @RealDrivers
    void programWhoseOwnCoreIsLostSaysWhy(DriverUnderTest driver) throws Exception {
        expectReason(run(driver, "loses its own core"), "core 0");
    }

    @RealDrivers
    void programThatLosesAnotherCoreSaysWhy(DriverUnderTest driver) throws Exception {
        expectReason(run(driver, "loses a core"), "core 1");
    }

    private static void expectReason(Child child, String core) {
        assertEquals(1, child.exit(), child.output());
        String line =
                child.output()
                        .lines()
                        .filter(each -> each.startsWith("Exception in task"))
                        .findFirst()
                        .orElseThrow();
        assertTrue(line.contains("CoreFailedException: " + core + " has failed: "), line);
        assertContains(child, "cleaned up main");
    }

    @RealDrivers
    void coreThatIsLostWhileItClosesIsAFailure(DriverUnderTest driver) throws Exception {
        Child child = run(driver, "loses a core while closing");
        assertEquals(1, child.exit(), child.output());
        assertContains(child, "core 1 has failed and ends");
    }

    @ParameterizedTest
    @EnumSource(names = {"IO_URING", "IO_URING_5_7"})
    void driverThatCannotBeClosedIsAFailure(DriverUnderTest driver) throws Exception {
        Child child = run(driver, "cannot close");
        assertEquals(1, child.exit(), child.output());
        assertContains(child, "core 1 cannot go on");
    }

    @Test
    void softLimitOfOpenFilesIsRaised() throws Exception {
        assumeTrue(Child.isInstalled("prlimit"), "prlimit is missing: apt install util-linux");
        Child child =
                start(
                        List.of("prlimit", "--nofile=200:300"),
                        List.of("-XX:-MaxFDLimit"),
                        DriverUnderTest.EPOLL,
                        "ends");
        assertContains(child.expectSuccess(), "files Rlimit[soft=300, hard=300]");
    }

    @Test
    void jvmThatWithholdsSignalsIsToldAndRunsAllTheSame() throws Exception {
        Child child = start(List.of(), List.of("-Xrs"), DriverUnderTest.EPOLL, "ends");
        assertContains(child.expectSuccess(), "-Xrs withholds signals");
    }

    @ParameterizedTest
    @CsvSource({"collects", "ends"})
    void javaWithoutTheModuleIsToldHowToGetIt(String program) throws Exception {
        Child child =
                start(
                        List.of(),
                        List.of("--limit-modules", "java.base,java.logging"),
                        DriverUnderTest.EPOLL,
                        program);
        assertContains(child, "add it with jlink --add-modules, or java --add-modules");
        assertEquals(program.equals("ends") ? 0 : 1, child.exit(), child.output());
    }

    @RealDrivers
    void embeddedProgramAnswersItsCodeAndLeavesNothing(DriverUnderTest driver) throws Exception {
        int openBefore = DriverUnderTest.openFiles();
        assertEquals(3, Corio.run(driver.options(), core -> core.index() + 3));
        assertEquals(openBefore, DriverUnderTest.openFiles());
    }

    @RealDrivers
    void interruptOfTheCallerCancelsAnEmbeddedProgram(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options();
        Thread caller = Thread.currentThread();
        int code =
                Corio.run(
                        options,
                        core -> {
                            caller.interrupt();
                            new Suspension(core, "nothing").await();
                            return 0;
                        });
        assertTrue(Thread.interrupted(), "the interrupt is kept");
        assertEquals(1, code);
    }

    @Test
    void signalsAreForTasks() {
        assertThrows(IllegalStateException.class, () -> Signals.open(Signal.USR1));
    }

    private static Child run(DriverUnderTest driver, String... program) throws Exception {
        return start(List.of(), List.of(), driver, program);
    }

    private static Child start(
            List<String> prefix, List<String> flags, DriverUnderTest driver, String... program)
            throws Exception {
        driver.options();
        List<String> all = new ArrayList<>(Child.FLAGS);
        all.addAll(flags);
        all.addAll(List.of("-cp", Child.CLASS_PATH, EntryPoint.class.getName(), driver.name()));
        return Child.run(prefix, all, program);
    }

    private static void assertContains(Child child, String text) {
        assertTrue(child.output().contains(text), child.output());
    }
}
