package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A JVM that has run out of memory, on a core: the process ends at once and says why, or the core
/// lives on or fails, by policy.
final class FatalErrorsTest {
    @RealDrivers
    void outOfMemoryInATaskEndsTheProcessWithTheReason(DriverUnderTest driver) throws Exception {
        Child child = exhaust(driver, List.of(), "HALT", "task");
        assertEquals(3, child.exit(), child.output());
        assertTrue(child.output().contains("the process ends at once"), child.output());
        assertFalse(child.output().contains("lives"), child.output());
    }

    @ParameterizedTest
    @ValueSource(strings = {"work", "timer", "completion"})
    void outOfMemoryOnTheLoopEndsTheProcessToo(String place) throws Exception {
        Child child = exhaust(DriverUnderTest.EPOLL, List.of(), "HALT", place);
        assertEquals(3, child.exit(), child.output());
    }

    @Test
    void processEndsThoughATaskHoldsTheLockOfTheReport() throws Exception {
        Child child = exhaust(DriverUnderTest.EPOLL, List.of(), "HALT", "silenced");
        assertEquals(3, child.exit(), child.output());
    }

    /// Whatever of ours it strikes meanwhile: the core lives, or it has failed and everybody knows.
    @ParameterizedTest
    @EnumSource(names = {"IO_URING", "EPOLL"})
    void bySurvivingTheTaskEndsAloneOrTheCoreFailsLoudly(DriverUnderTest driver) throws Exception {
        for (String place : List.of("task", "work", "timer", "completion")) {
            Child child = exhaust(driver, List.of(), "SURVIVE", place);
            for (int i = 0; i < 10 && child.exit() == Exhausted.STRUCK_ITSELF; i++) {
                child = exhaust(driver, List.of(), "SURVIVE", place);
            }
            String output = child.output();
            boolean isSaid =
                    output.contains("has failed and ends") || output.contains("cannot go on");
            assertTrue(output.contains("lives true") || isSaid, output);
        }
    }

    @Test
    void optionOfTheJvmComesFirst() throws Exception {
        List<String> flags = List.of("-XX:+ExitOnOutOfMemoryError");
        Child child = exhaust(DriverUnderTest.EPOLL, flags, "SURVIVE", "task");
        assertEquals(3, child.exit(), child.output());
        assertTrue(child.output().contains("Terminating due to java.lang.OutOfMemoryError"));
    }

    @RealDrivers
    void handlerIsToldOnceOfWhatNobodyJoins(DriverUnderTest driver) throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        CoreOptions options =
                driver.options().uncaught((task, failure) -> told.add(task.name() + " " + failure));
        try (Logged logged = new Logged()) {
            driver.run(
                    options,
                    core -> {
                        core.spawn("careless", () -> fail("oops"));
                        Turns.pass(core, 3);
                    });
            assertEquals(List.of("careless java.lang.IllegalStateException: oops"), told);
            assertEquals(List.of(), logged.with("careless"));
        }
    }

    @RealDrivers
    void handlerThatFailsIsLoggedAndTheCoreLives(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options().uncaught((task, failure) -> fail("handler"));
        try (Logged logged = new Logged()) {
            driver.run(
                    options,
                    core -> {
                        core.spawn("careless", () -> fail("oops"));
                        Turns.pass(core, 3);
                    });
            assertEquals(1, logged.with("the handler of uncaught failures failed").size());
        }
    }

    private static void fail(String text) {
        throw new IllegalStateException(text);
    }

    private static Child exhaust(
            DriverUnderTest driver, List<String> flags, String policy, String place)
            throws Exception {
        driver.options();
        List<String> all = new ArrayList<>(Child.FLAGS);
        all.addAll(flags);
        all.addAll(List.of("-Xmx32m", "-cp", Child.CLASS_PATH, Exhausted.class.getName()));
        return Child.run(List.of(), all, driver.name(), policy, place);
    }
}
