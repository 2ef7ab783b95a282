package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Faults;
import dev.corio.core.Simulation;
import dev.corio.core.SimulationOptions;
import dev.corio.core.SimulationResult;
import org.junit.jupiter.api.Test;

/// A small proxy and its peers on simulated kernels: ten thousand of them.
final class SimulationTest {
    private static final int SEEDS = 5_000;
    private static final int BROKEN_SEEDS_MAX = 300;
    private static final SimulationOptions MILD =
            SimulationOptions.defaults().faults(Faults.mild());
    private static final SimulationOptions HOSTILE = SimulationOptions.defaults();

    @Test
    void everyByteArrivesOnKernelsThatMakeNoErrors() throws Exception {
        Simulation.seeds(SEEDS, MILD, new SimulatedTraffic(true, SimulatedTraffic::relay));
    }

    @Test
    void nothingIsLostOrLeftBehindOnHostileKernels() throws Exception {
        Simulation.seeds(SEEDS, HOSTILE, new SimulatedTraffic(false, SimulatedTraffic::relay));
    }

    @Test
    void brokenProxiesAreFoundOut() {
        assertFoundOut("is", BrokenLinks::droppingTheRestOfAShortWrite);
        assertFoundOut("waits for", BrokenLinks::keepingTheEnd);
        assertFoundOut("was closed with 1 operations in flight", BrokenLinks::closingTooEarly);
        assertFoundOut("leased buffers", BrokenLinks::leakingABuffer);
    }

    private static void assertFoundOut(String reason, SimulatedTraffic.Link link) {
        SimulatedTraffic traffic = new SimulatedTraffic(true, link);
        AssertionError failure =
                assertThrows(
                        AssertionError.class,
                        () -> Simulation.seeds(BROKEN_SEEDS_MAX, MILD, traffic));
        String text = failure.getMessage();
        assertTrue(text.contains("-Dcorio.seed="), text);
        assertTrue(text.contains(reason), text);
    }

    @Test
    void sameSeedIsTheSameRun() {
        for (long seed = 0; seed < 20; seed++) {
            SimulationResult first = trace(seed);
            SimulationResult second = trace(seed);
            assertEquals(first.trace(), second.trace());
            assertEquals(first.traceHash(), second.traceHash());
            assertEquals(first.time(), second.time());
            assertTrue(first.events() > 10, first.trace());
        }
    }

    private static SimulationResult trace(long seed) {
        return Simulation.trace(
                seed, HOSTILE, new SimulatedTraffic(false, SimulatedTraffic::relay));
    }
}
