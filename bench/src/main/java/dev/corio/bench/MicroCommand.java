package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `corio bench micro`: single steps, beside the JDK's own or beside designs that were not taken,
/// with JMH.
@Command(
        name = "micro",
        description = "Measure single steps: spawn and join, switches, timers, leases, channels.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "With --alternatives: TimerQueues, CompletionLookup, EntryWriting, EnterCall,"
                    + " RingWakeUp."
        })
final class MicroCommand implements Callable<Integer> {
    static final String STEPS = "dev.corio.bench.micro.";
    static final String ALTERNATIVES = "dev.corio.bench.alternatives.";

    /// JMH's own profiler of allocations.
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            description = "Parts of the names of benchmarks (all).")
    private List<String> names = List.of();

    @Option(
            names = "--alternatives",
            description = "Designs that were not taken, beside what Corio has in their place.")
    private boolean areAlternatives;

    @Option(names = "--quick", description = "One JVM, 3 iterations of 1 s, for a first look.")
    private boolean isQuick;

    @Option(names = "--forks", description = "JVMs for each benchmark (3).")
    private @Nullable Integer forks;

    @Option(names = "--markdown", description = "Print the table as Markdown.")
    private boolean isMarkdown;

    @Option(names = "--out", paramLabel = "FILE", description = "Keep JMH's result there, JSON.")
    private @Nullable Path file;

    @Override
    public Integer call() throws IOException, RunnerException {
        int seconds = 1;
        int iterations = isQuick ? 3 : 5;
        ChainedOptionsBuilder options =
                new OptionsBuilder()
                        .forks(forks == null ? (isQuick ? 1 : 3) : forks)
                        .warmupIterations(iterations)
                        .warmupTime(TimeValue.seconds(seconds))
                        .measurementIterations(iterations)
                        .measurementTime(TimeValue.seconds(seconds))
                        .addProfiler("gc")
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.NORMAL);
        String benchmarks = areAlternatives ? ALTERNATIVES : STEPS;
        if (names.isEmpty()) {
            options.include(benchmarks);
        }
        names.forEach(name -> options.include(benchmarks + ".*" + name));
        Path kept = file;
        if (kept != null) {
            options.resultFormat(ResultFormatType.JSON).result(kept.toString());
        }
        System.out.println(Machine.read(Placement.choose()).platform());
        Table table = table(run(options.build()));
        System.out.println();
        System.out.print(isMarkdown ? table.toMarkdown() : table.toText());
        return 0;
    }

    private Collection<RunResult> run(Options options) throws IOException, RunnerException {
        try {
            return new Runner(options).run();
        } catch (NoBenchmarksException e) {
            throw new IOException(
                    "no benchmark's name has "
                            + String.join(" or ", names)
                            + "; without a name all run",
                    e);
        }
    }

    static Table table(Collection<RunResult> results) {
        Table table = new Table("step", "score", "±", "p50", "p99", "unit", "bytes allocated");
        for (RunResult each : results) {
            Result<?> score = each.getPrimaryResult();
            Result<?> allocated = each.getSecondaryResults().get(ALLOCATED);
            table.add(
                    name(each.getParams()),
                    number(score.getScore()),
                    number(score.getScoreError()),
                    percentile(each, 50),
                    percentile(each, 99),
                    score.getScoreUnit(),
                    allocated == null ? "–" : number(allocated.getScore()));
        }
        return table;
    }

    /// Only where single invocations were timed.
    private static String percentile(RunResult result, double percent) {
        return result.getParams().getMode() == Mode.SampleTime
                ? number(result.getPrimaryResult().getStatistics().getPercentile(percent))
                : "–";
    }

    private static String name(BenchmarkParams benchmark) {
        String whole = benchmark.getBenchmark();
        String name = whole.substring(whole.lastIndexOf('.', whole.lastIndexOf('.') - 1) + 1);
        String params =
                benchmark.getParamsKeys().stream()
                        .map(key -> key + "=" + benchmark.getParam(key))
                        .collect(Collectors.joining(", "));
        return params.isEmpty() ? name : name + " (" + params + ")";
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%,.0f", value);
    }
}
