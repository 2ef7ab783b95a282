package dev.corio.bench;

import dev.corio.bench.micro.AcrossCoresInTurns;
import dev.corio.bench.micro.AcrossCoresInTurns.Speeds;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `corio bench across`: channels between cores beside bare queues.
@Command(
        name = "across",
        description = {
            "Stream items from core to core, by channels and by bare queues, in turns in one JVM.",
            "Ratios are to the bare SPSC queue in batches, within a round."
        },
        mixinStandardHelpOptions = true)
final class AcrossCommand implements Callable<Integer> {
    @Option(names = "--rounds", description = "Rounds that count (${DEFAULT-VALUE}).")
    private int rounds = 60;

    @Option(names = "--warmup", description = "Rounds before them (${DEFAULT-VALUE}).")
    private int warmup = 20;

    @Option(names = "--items", description = "Items of a turn (${DEFAULT-VALUE}).")
    private int items = 1_000_000;

    @Option(names = "--markdown", description = "Print the table as Markdown.")
    private boolean isMarkdown;

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        if (rounds < 1 || warmup < 0 || items < 1) {
            throw new IllegalArgumentException(
                    "--rounds and --items must be at least 1, --warmup at least 0");
        }
        System.out.println(Machine.read(Placement.choose()).platform());
        Progress progress = Progress.onConsole();
        progress.step("warming up");
        List<Speeds> speeds =
                AcrossCoresInTurns.run(
                        rounds,
                        warmup,
                        items,
                        new Random(),
                        round -> progress.detail("round " + (round + 1) + " of " + rounds));
        progress.clear();
        Table table = table(speeds);
        System.out.print(isMarkdown ? table.toMarkdown() : table.toText());
        return 0;
    }

    static Table table(List<Speeds> speeds) {
        List<Double> yardstick = speeds.getFirst().ofRounds();
        Table table =
                new Table("way", "items/µs", "quartiles", "× bare SPSC, batches", "quartiles");
        for (Speeds each : speeds) {
            List<Double> own = each.ofRounds();
            double[] speed = own.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            double[] ratio =
                    IntStream.range(0, speed.length)
                            .mapToDouble(round -> own.get(round) / yardstick.get(round))
                            .sorted()
                            .toArray();
            table.add(
                    each.way(),
                    text("%.1f", speed, 2),
                    text("%.1f", speed, 1) + "–" + text("%.1f", speed, 3),
                    text("%.2f", ratio, 2),
                    text("%.2f", ratio, 1) + "–" + text("%.2f", ratio, 3));
        }
        return table;
    }

    private static String text(String format, double[] sorted, int quarter) {
        return String.format(Locale.ROOT, format, sorted[(sorted.length - 1) * quarter / 4]);
    }
}
