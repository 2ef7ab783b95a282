package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProcessCpuTest {
    @Test
    void countsFieldsAfterTheNameWhateverTheNameHolds() {
        String stat = "77 (a) b (c) S 1 77 77 0 -1 4194304 1 0 0 0 12 30 0 0 20 0 1 0 5 6 7";
        assertEquals(42, ProcessCpu.ticks(stat));
    }

    @Test
    void addsUpThreadsThatLivedThroughout() {
        ProcessCpu begin = new ProcessCpu(0, Map.of("1", 1_000L, "2", 500L));
        ProcessCpu end = new ProcessCpu(10_000_000, Map.of("1", 4_000L, "2", 500L, "3", 70L));
        assertEquals(3_070, end.nanosSince(begin));
    }

    @Test
    void takesTheCoarseCountWhenAThreadHasEnded() {
        ProcessCpu begin = new ProcessCpu(10_000_000, Map.of("1", 1_000L, "2", 500L));
        ProcessCpu end = new ProcessCpu(30_000_000, Map.of("1", 4_000L));
        assertEquals(20_000_000, end.nanosSince(begin));
    }

    @Test
    void seesThisProcessWork() throws IOException {
        long pid = ProcessHandle.current().pid();
        ProcessCpu begin = ProcessCpu.sample(pid);
        long until = System.nanoTime() + 50_000_000;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertTrue(ProcessCpu.sample(pid).nanosSince(begin) > 5_000_000);
    }

    @Test
    void theCompilersOfThisJvmHaveWorked() throws IOException {
        long pid = ProcessHandle.current().pid();
        long compilers = CompilerCpu.nanos(pid);
        assertTrue(
                compilers > 0 && compilers < ProcessCpu.sample(pid).coarseNanos(),
                () -> "" + compilers);
    }

    @Test
    void aProgramThatIsNoJvmHasNoCompilers() throws Exception {
        Process child = new ProcessBuilder("sleep", "60").start();
        assertEquals(0, CompilerCpu.nanos(child.pid()));
        child.destroy();
        child.waitFor();
    }

    @Test
    void aChildIsCountedWhenItHasEnded() throws Exception {
        long before = ProcessCpu.endedChildrenNanos();
        Process child = new ProcessBuilder("sh", "-c", "while :; do :; done").start();
        long usedNanos = 0;
        while (usedNanos < 100_000_000) {
            Thread.sleep(10);
            usedNanos = ProcessCpu.sample(child.pid()).coarseNanos();
        }
        assertEquals(before, ProcessCpu.endedChildrenNanos());
        child.destroy();
        child.waitFor();
        assertTrue(ProcessCpu.endedChildrenNanos() - before >= usedNanos);
    }

    @Test
    void readsOneCpuOfProcStat() {
        String stat = "cpu  1 1 1 1 1 1 1 1 0 0\ncpu1 2 3 4 100 5 6 7 8 0 0\nintr 1\n";
        assertEquals(new MachineCpu(220_000_000, 80_000_000), MachineCpu.parse(stat, 1));
    }
}
