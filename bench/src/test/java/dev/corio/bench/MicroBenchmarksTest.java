package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.bench.micro.AcrossCoresInTurns;
import dev.corio.bench.micro.AcrossCoresInTurns.Speeds;
import dev.corio.uring.IoUring;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// The benchmarks do what they say, however briefly: one that has rotted would be found when its
/// number is wanted.
final class MicroBenchmarksTest {
    private static final List<String> NEED_RINGS = List.of("EnterCall", "RingWakeUp");

    @Test
    void eachBenchmarkRunsOnce() throws Exception {
        Collection<RunResult> results = run(MicroCommand.STEPS);
        String names =
                results.stream()
                        .map(each -> each.getParams().getBenchmark())
                        .collect(Collectors.joining(" "));
        assertTrue(names.contains("SpawnJoin.corio"), names);
        assertRan(results);
    }

    @Test
    void eachAlternativeRunsOnceBesideWhatWasChosen() throws Exception {
        Collection<RunResult> results = run(MicroCommand.ALTERNATIVES);
        Map<String, List<String>> choices =
                results.stream()
                        .map(each -> each.getParams().getBenchmark().split("\\."))
                        .collect(
                                Collectors.groupingBy(
                                        name -> name[name.length - 2],
                                        Collectors.mapping(
                                                name -> name[name.length - 1],
                                                Collectors.toList())));
        String help = Main.commandLine().getSubcommands().get("micro").getUsageMessage();
        choices.forEach((choice, designs) -> {
            assertTrue(designs.contains("corio"), choice);
            assertTrue(designs.size() > 1, choice);
            assertTrue(help.contains(choice), choice);
        });
        assertRan(results);
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

    private static Collection<RunResult> run(String benchmarks) throws Exception {
        ChainedOptionsBuilder options =
                new OptionsBuilder()
                        .include(benchmarks)
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(1))
                        .param("others", "1000")
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT);
        for (String each : NEED_RINGS) {
            if (IoUring.unavailabilityReason() != null) {
                options.exclude(each);
            }
        }
        return new Runner(options.build()).run();
    }

    private static void assertRan(Collection<RunResult> results) {
        for (RunResult each : results) {
            assertTrue(each.getPrimaryResult().getScore() > 0, each.getParams().getBenchmark());
        }
        long lines = MicroCommand.table(results).toText().lines().count();
        assertEquals(results.size() + 1, lines, "a row for each, under the header");
    }
}
