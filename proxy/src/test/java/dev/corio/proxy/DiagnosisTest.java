package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Cpus;
import dev.corio.core.DriverChoice;
import dev.corio.core.DriverKind;
import dev.corio.uring.RingFeatures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiagnosisTest {
    private static final Machine.Limit PLENTY = new Machine.Limit(1 << 20, 1 << 20);
    private static final Machine HEALTHY = new Machine(PLENTY, PLENTY, 0, 0, 1000);
    private static final Cpus CPUS = new Cpus(List.of(0, 1), Double.POSITIVE_INFINITY);
    private static final DriverChoice URING =
            new DriverChoice(DriverKind.IO_URING, "available", RingFeatures.none());
    private static final DriverChoice EPOLL =
            new DriverChoice(
                    DriverKind.EPOLL, "io_uring unavailable: EPERM (1)", RingFeatures.none());

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
        Machine sysctl = new Machine(PLENTY, PLENTY, 0, 2, 0);
        String problem = only(Diagnosis.of(sysctl, CPUS, EPOLL, true));
        assertTrue(problem.startsWith("io_uring unavailable: EPERM (1)"), problem);
        assertTrue(problem.contains("sysctl -w kernel.io_uring_disabled=0"), problem);

        Machine container = new Machine(PLENTY, PLENTY, 2, 0, 0);
        assertTrue(only(Diagnosis.of(container, CPUS, EPOLL, true)).contains("seccomp"));
        assertTrue(Diagnosis.of(container, CPUS, EPOLL, true).isUsable());
    }

    @Test
    void smallLimitsAreNamedWithWhatToSet() {
        Machine few = new Machine(PLENTY, new Machine.Limit(1024, 4096), 0, 0, 0);
        assertTrue(only(Diagnosis.of(few, CPUS, URING, true)).contains("at most 2048 proxied"));
        Machine.Limit little = new Machine.Limit(65536, 65536);
        assertTrue(
                only(Diagnosis.of(new Machine(little, PLENTY, 0, 0, 1000), CPUS, URING, true))
                        .contains("ulimit -l"));
        Machine root = new Machine(little, PLENTY, 0, 0, 0);
        assertEquals(List.of(), Diagnosis.of(root, CPUS, URING, true).problems());
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
                proc.resolve("self/status"), "Name:\tjava\nUid:\t1\t1000\t1\t1\nSeccomp:\t2\n");
        Files.writeString(proc.resolve("sys/kernel/io_uring_disabled"), "1\n");
        assertEquals(
                new Machine(
                        new Machine.Limit(8388608, Long.MAX_VALUE),
                        new Machine.Limit(1024, 524288),
                        2,
                        1,
                        1000),
                Machine.read(proc));
    }

    @Test
    void hiddenFactsAreUnknownAndNoProblem(@TempDir Path empty) {
        Machine machine = Machine.read(empty);
        assertNull(machine.nofile());
        assertEquals(List.of(), Diagnosis.of(machine, CPUS, URING, true).problems());
    }

    private static String only(Diagnosis diagnosis) {
        assertEquals(1, diagnosis.problems().size(), diagnosis.toString());
        return diagnosis.problems().getFirst();
    }
}
