package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Faults;
import dev.corio.core.Simulation;
import dev.corio.core.SimulationOptions;
import dev.corio.core.SimulationResult;
import java.lang.reflect.RecordComponent;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A small proxy and its peers on simulated kernels: twenty thousand of them.
final class SimulationTest {
    private static final int SEEDS = 5_000;
    private static final int BROKEN_SEEDS_MAX = 300;
    private static final int SEEDS_OF_FAILURES = 1_000;
    private static final int SEEDS_OF_ONE_KIND = 300;
    private static final double OFTEN = 0.4;
    private static final int TURNS_MAX = 50_000;
    private static final SimulationOptions MILD =
            SimulationOptions.defaults().faults(Faults.mild());
    private static final SimulationOptions HOSTILE = SimulationOptions.defaults();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyByteArrivesOnKernelsThatMakeNoErrors(boolean multishot) throws Exception {
        Simulation.seeds(
                SEEDS,
                receiving(multishot, MILD),
                new SimulatedTraffic(true, SimulatedTraffic::relay));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsLostOrLeftBehindOnHostileKernels(boolean multishot) throws Exception {
        Simulation.seeds(
                SEEDS,
                receiving(multishot, HOSTILE),
                new SimulatedTraffic(false, SimulatedTraffic::relay));
    }

    /// Whose core fails in the middle: what it cannot do any more it must still let go of.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsLeftBehindWhenTheDriverFails(boolean multishot) throws Exception {
        SimulationOptions failing = SimulationOptions.defaults().faults(Faults.failing());
        Simulation.seeds(
                SEEDS_OF_FAILURES,
                receiving(multishot, failing),
                new SimulatedTraffic(false, SimulatedTraffic::relay));
    }

    private static SimulationOptions receiving(boolean multishot, SimulationOptions options) {
        return options.core(options.core().multishotReceive(multishot));
    }

    @Test
    void brokenProxiesAreFoundOut() {
        assertFoundOut("is", BrokenLinks::droppingTheRestOfAShortWrite);
        assertFoundOut("waits for", BrokenLinks::keepingTheEnd);
        assertFoundOut("was closed with 1 operations in flight", BrokenLinks::closingTooEarly);
        assertFoundOut("leased buffers", BrokenLinks::leakingABuffer);
    }

    /// Alone and often, so that none hides behind another that comes first; and without spinning.
    @ParameterizedTest
    @MethodSource("kindsOfTrouble")
    void eachKindOfTroubleIsBorne(RecordComponent kind) throws Exception {
        boolean isMild = (double) kind.getAccessor().invoke(Faults.mild()) > 0;
        SimulationOptions options =
                SimulationOptions.defaults().faults(often(kind)).turnsMax(TURNS_MAX);
        for (boolean multishot : new boolean[] {false, true}) {
            Simulation.seeds(
                    SEEDS_OF_ONE_KIND,
                    receiving(multishot, options),
                    new SimulatedTraffic(isMild, SimulatedTraffic::relay));
        }
    }

    private static Stream<RecordComponent> kindsOfTrouble() {
        return Stream.of(Faults.class.getRecordComponents());
    }

    private static Faults often(RecordComponent kind) throws Exception {
        Object[] probabilities =
                kindsOfTrouble().map(each -> each.equals(kind) ? OFTEN : 0.0).toArray();
        return (Faults) Faults.class.getDeclaredConstructors()[0].newInstance(probabilities);
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
