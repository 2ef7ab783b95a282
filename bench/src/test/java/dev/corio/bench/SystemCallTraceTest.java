package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemCallTraceTest {
    @TempDir private Path directory;

    @Test
    void readsWhatPerfHasCounted() throws IOException {
        Path counts = directory.resolve("perf.csv");
        Files.writeString(
                counts, "# started on Tue\n\n1323,,raw_syscalls:sys_enter,14288251,100.00,,\n");
        assertEquals(1323, SystemCallTrace.read(counts));
    }

    @Test
    void whatPerfCouldNotCountIsNotZero() throws IOException {
        Path counts = directory.resolve("perf.csv");
        Files.writeString(counts, "<not counted>,,raw_syscalls:sys_enter,0,100.00,,\n");
        assertEquals(
                "perf could not count raw_syscalls:sys_enter",
                assertThrows(IOException.class, () -> SystemCallTrace.read(counts)).getMessage());
    }

    @Test
    void aServerOnASelectorNeedsAReadAndAWriteForEachRequest() throws Exception {
        try (Workbench workbench = QuietWorkbench.open()) {
            Comparison comparison = QuietWorkbench.ofNio(workbench, Patience.NONE);
            List<Round> rounds = comparison.run(QuietWorkbench.LOAD, 2, round -> {});
            Assumptions.assumeTrue(comparison.untraced() == null, comparison::untraced);
            Double calls = rounds.getFirst().systemCallsPerRequest();
            assertTrue(calls != null && calls >= 2 && calls < 6, () -> calls + " per request");
            assertEquals(null, rounds.getLast().systemCallsPerRequest(), "one round is traced");
        }
    }
}
