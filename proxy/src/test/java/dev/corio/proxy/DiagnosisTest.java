package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Cpus;
import dev.corio.core.DriverChoice;
import dev.corio.core.DriverKind;
import dev.corio.linux.Errno;
import dev.corio.uring.RingFeatures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiagnosisTest {
    private static final Machine.Limit PLENTY = new Machine.Limit(1 << 20, 1 << 20);
    private static final Machine HEALTHY = new Machine(PLENTY, PLENTY, 0, 0, false);
    private static final Cpus CPUS = new Cpus(List.of(0, 1), Double.POSITIVE_INFINITY);
    private static final DriverChoice URING =
            new DriverChoice(DriverKind.IO_URING, "available", 0, RingFeatures.none());
    private static final DriverChoice EPOLL = refused(Errno.EPERM);

    @Test
    void aHealthyMachineHasNoProblems() {
        assertEquals(new Diagnosis(true, List.of()), Diagnosis.of(HEALTHY, CPUS, URING, true));
    }

    @Test
    void withoutTheOpenPackageNothingRuns() {
        Diagnosis diagnosis = Diagnosis.of(HEALTHY, CPUS, URING, false);
        assertFalse(diagnosis.isUsable());
        assertTrue(only(diagnosis).contains("--add-opens java.base/java.lang=ALL-UNNAMED"));
    }

    @Test
    void aFallbackNamesWhoForbidsIoUring() {
        Machine open = HEALTHY;
        Machine filtered = new Machine(PLENTY, PLENTY, 2, 0, true);
        Machine hidden = new Machine(null, null, null, null, null);
        assertHint("it is the sysctl", new Machine(PLENTY, PLENTY, 2, 2, true), Errno.EPERM);
        assertHint("io_uring_group", new Machine(PLENTY, PLENTY, 2, 1, false), Errno.EPERM);
        assertHint("answer of Docker", filtered, Errno.EPERM);
        assertHint("security module", open, Errno.EPERM);
        assertHint("security module", hidden, Errno.EPERM);
        assertHint("answer of podman", filtered, Errno.ENOSYS);
        assertHint("built without io_uring", open, Errno.ENOSYS);
        assertHint("ausearch", open, Errno.EACCES);
        assertEquals("", hint(filtered, Errno.ENOMEM), "its own text says it");
    }

    @Test
    void ringsThatCameOutSmallAreNamed() {
        DriverChoice small =
                new DriverChoice(
                        DriverKind.IO_URING, "available, but", Errno.ENOMEM, RingFeatures.none());
        assertEquals("io_uring is available, but", only(Diagnosis.of(HEALTHY, CPUS, small, true)));
    }

    @Test
    void smallLimitsAreNamedWithWhatToSet() {
        Machine few = new Machine(PLENTY, new Machine.Limit(1024, 4096), 0, 0, true);
        assertTrue(only(Diagnosis.of(few, CPUS, URING, true)).contains("at most 1779 proxied"));
        Machine.Limit little = new Machine.Limit(65536, 65536);
        assertTrue(
                only(Diagnosis.of(new Machine(little, PLENTY, 0, 0, false), CPUS, URING, true))
                        .contains("ulimit -l"));
        Machine free = new Machine(little, PLENTY, 0, 0, true);
        assertEquals(List.of(), Diagnosis.of(free, CPUS, URING, true).problems());
    }

    @Test
    void aQuotaBelowTheMaskIsNamed() {
        Cpus quota = new Cpus(List.of(0, 1), 1.5);
        assertTrue(only(Diagnosis.of(HEALTHY, quota, URING, true)).contains("1.50 CPUs of the 2"));
    }

    @Test
    void factsAreReadFromProc(@TempDir Path proc) throws Exception {
        Files.createDirectories(proc.resolve("self"));
        Files.createDirectories(proc.resolve("sys/kernel"));
        Files.writeString(
                proc.resolve("self/limits"),
                """
                Limit                     Soft Limit           Hard Limit           Units
                Max open files            1024                 524288               files
                Max locked memory         8388608              unlimited            bytes
                """);
        Files.writeString(
                proc.resolve("self/status"),
                "Name:\tjava\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n");
        Files.writeString(proc.resolve("sys/kernel/io_uring_disabled"), "1\n");
        assertEquals(
                new Machine(
                        new Machine.Limit(8388608, Long.MAX_VALUE),
                        new Machine.Limit(1024, 524288),
                        2,
                        1,
                        false),
                Machine.read(proc));
    }

    @Test
    void hiddenFactsAreUnknownAndNoProblem(@TempDir Path empty) {
        Machine machine = Machine.read(empty);
        assertNull(machine.nofile());
        assertEquals(List.of(), Diagnosis.of(machine, CPUS, URING, true).problems());
    }

    private static void assertHint(String text, Machine machine, int errno) {
        String hint = hint(machine, errno);
        assertTrue(hint.contains(text), hint);
    }

    private static String hint(Machine machine, int errno) {
        DriverChoice choice = refused(errno);
        Diagnosis diagnosis = Diagnosis.of(machine, CPUS, choice, true);
        assertTrue(diagnosis.isUsable());
        String problem = only(diagnosis);
        assertTrue(problem.startsWith(choice.reason()), problem);
        return problem.substring(choice.reason().length());
    }

    private static DriverChoice refused(int errno) {
        String reason = "io_uring unavailable: " + Errno.name(errno);
        return new DriverChoice(DriverKind.EPOLL, reason, errno, RingFeatures.none());
    }

    private static String only(Diagnosis diagnosis) {
        assertEquals(1, diagnosis.problems().size(), diagnosis.toString());
        return diagnosis.problems().getFirst();
    }
}
