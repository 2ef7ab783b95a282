package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlacementTest {
    @Test
    void readsTheKernelsListFormat() {
        assertEquals(List.of(0, 1, 2, 3, 8, 10, 11), Placement.cpus("\t0-3,8,10-11\n"));
    }

    @Test
    void givesServerAndLoadDifferentCpus() throws IOException {
        Placement placement = Placement.choose(List.of(4, 6), List::of);
        assertEquals(6, placement.serverCpu());
        assertEquals(4, placement.loadCpu());
        assertEquals("", placement.remark());
    }

    @Test
    void avoidsTheHyperThreadOfTheLoad() throws IOException {
        Placement placement =
                Placement.choose(List.of(0, 1, 2, 3), cpu -> List.of(cpu % 2, cpu % 2 + 2));
        assertEquals(0, placement.loadCpu());
        assertEquals(3, placement.serverCpu());
    }

    @Test
    void saysSoWhenOnlyHyperThreadsOfOneCoreAreAllowed() throws IOException {
        Placement placement = Placement.choose(List.of(2, 3), cpu -> List.of(2, 3));
        assertEquals(3, placement.serverCpu());
        assertTrue(placement.remark().contains("hyper-threads"));
    }

    @Test
    void sharesTheOnlyCpuAndSaysSo() throws IOException {
        Placement placement = Placement.choose(List.of(5), List::of);
        assertTrue(placement.isShared());
        assertTrue(placement.remark().contains("share CPU 5"));
    }

    @Test
    void choosesOnThisMachine() throws IOException {
        Placement placement = Placement.choose();
        assertFalse(placement.serverCpu() < 0);
    }
}
