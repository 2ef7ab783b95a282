package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.bench.micro.AcrossCoresInTurns;
import dev.corio.bench.micro.AcrossCoresInTurns.Speeds;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// The benchmarks do what they say, however briefly: one that has rotted would be found when its
/// number is wanted.
final class MicroBenchmarksTest {
    @Test
    void eachBenchmarkRunsOnce() throws Exception {
        Collection<RunResult> results =
                new Runner(
                                new OptionsBuilder()
                                        .include(MicroCommand.PACKAGE)
                                        .forks(0)
                                        .warmupIterations(0)
                                        .measurementIterations(1)
                                        .measurementTime(TimeValue.milliseconds(1))
                                        .param("others", "1000")
                                        .shouldFailOnError(true)
                                        .verbosity(VerboseMode.SILENT)
                                        .build())
                        .run();
        String names =
                results.stream()
                        .map(each -> each.getParams().getBenchmark())
                        .collect(Collectors.joining(" "));
        assertTrue(names.contains("SpawnJoin.corio"), names);
        for (RunResult each : results) {
            assertTrue(each.getPrimaryResult().getScore() > 0, each.getParams().getBenchmark());
        }
        long lines = MicroCommand.table(results).toText().lines().count();
        assertEquals(results.size() + 1, lines, "a row for each, under the header");
    }

    @Test
    void eachWayAcrossCoresRunsOnce() throws Exception {
        List<Speeds> speeds = AcrossCoresInTurns.run(1, 1, 1000, new Random(1), round -> {});
        for (Speeds each : speeds) {
            assertEquals(1, each.ofRounds().size(), each.way() + ", without the warm-up");
            assertTrue(each.ofRounds().getFirst() > 0, each.way());
        }
        List<List<String>> rows = AcrossCommand.table(speeds).rows();
        assertEquals(speeds.size() + 1, rows.size());
        assertEquals("1.00", rows.get(1).get(3), "the yardstick itself");
    }
}
