package dev.corio.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One comparison from its options to its tables: what `echo` and `proxy` have in common.
///
/// **Threading:** used by one thread.
final class ComparisonRun {
    private static final String CHECKED = "corio-io_uring";

    private final ComparisonOptions options;
    private final @Nullable Path directory;
    private final PrintStream out;
    private final Patience patience;
    private final Progress progress = Progress.onConsole();

    /// @param directory where raw data goes, or null
    ComparisonRun(ComparisonOptions options, @Nullable Path directory, PrintStream out) {
        this(options, directory, out, Patience.usual(options.turns(), options.profiles()));
    }

    /// @param patience what it spends on each measurement
    ComparisonRun(
            ComparisonOptions options,
            @Nullable Path directory,
            PrintStream out,
            Patience patience) {
        this.options = options;
        this.directory = directory;
        this.out = out;
        this.patience = patience;
    }

    /// Announces what [#run] will measure, so that what runs before it tells how long both take.
    void expect(List<Peer> usual, List<Peer> all) {
        List<LoadOptions> loads = options.loads();
        int kinds = loads.size() * (1 + options.percents().size());
        progress.timeLeft()
                .expect(
                        options.choose(usual, all),
                        options.rounds() * kinds,
                        loads.getFirst().lasting(patience.turns()));
    }

    /// Measures every load that the options name and prints a table for each.
    ///
    /// @param title what is compared, for the report
    /// @param name names the raw data's file
    /// @param usual who takes part when no peer is named
    /// @param all who may be named
    void run(String title, String name, List<Peer> usual, List<Peer> all, @Nullable Peer upstream)
            throws IOException, InterruptedException {
        List<LoadOptions> loads = options.loads();
        List<Integer> percents = options.percents();
        List<Peer> peers = options.choose(usual, all);
        // Who is not asked for has no part in the report of this run, so what is left of an earlier
        // one goes in any case.
        Path raw = rawFile(name);
        if (peers.isEmpty()) {
            return;
        }
        String reference = options.reference(peers);
        Placement placement = Placement.choose();
        Machine machine = Machine.read(placement);
        Map<String, String> versions = Versions.read();
        out.println(machine.text());
        out.println(Versions.text(versions));
        expect(usual, all);
        try (Workbench workbench = Workbench.open(placement, progress)) {
            Map<String, Object> head = machine.toMap();
            head.put("title", title);
            head.put("reference", reference);
            head.put("versions", versions);
            head.put("commands", commands(workbench, peers, upstream != null));
            append(raw, head);
            Comparison comparison =
                    new Comparison(
                            workbench, loadProgram(workbench.twins()), upstream, peers, patience);
            Consumer<Round> sink = round -> append(raw, round.toMap());
            for (LoadOptions load : loads) {
                List<Summary> summaries = Summary.of(measure(comparison, load, sink), reference);
                print(load, summaries, reference);
                if (!percents.isEmpty() && !summaries.isEmpty()) {
                    runOpenLoop(comparison, Pace.of(summaries), load, percents, reference, sink);
                }
            }
        }
        if (raw != null) {
            out.println();
            out.println("raw data: " + raw);
        }
    }

    /// Measures an echo server under our load and under one that others wrote, for the report of
    /// the same directory. Where that cannot be done nothing else is lost.
    void check(List<Peer> usual, List<Peer> all) throws IOException, InterruptedException {
        Path kept = directory;
        if (kept == null) {
            return;
        }
        ClientCheck.removeFrom(kept);
        List<Peer> peers = options.choose(usual, all);
        if (peers.isEmpty()) {
            return;
        }
        Peer peer =
                peers.stream()
                        .filter(each -> each.name().equals(CHECKED))
                        .findFirst()
                        .orElse(peers.getFirst());
        try (Workbench workbench = Workbench.open(Placement.choose(), progress)) {
            LoadCheck check =
                    new LoadCheck(
                            workbench, loadProgram(workbench.twins()), peer, options.checkLoad());
            ClientCheck result = check.run(options.rounds());
            print(result.title(), result.table());
            ComparisonTable.disturbances(result.uses()).forEach(out::println);
            result.write(kept);
        } catch (IOException e) {
            ChildProcess.awaitEndAfterSignal();
            progress.clear();
            out.println("the load generator is not checked: " + e.getMessage());
        }
    }

    /// How each peer is started, or why it cannot be.
    private static Map<String, String> commands(
            Workbench workbench, List<Peer> peers, boolean areProxies) {
        Map<String, String> commands = new LinkedHashMap<>();
        for (Peer peer : peers) {
            try {
                commands.put(peer.name(), workbench.commandLine(peer, areProxies));
            } catch (IOException e) {
                commands.put(peer.name(), "not run: " + e.getMessage());
            }
        }
        return commands;
    }

    /// Tells at once what is missing from now on, and why: the end may be hours away.
    private List<Round> measure(Comparison comparison, LoadOptions load, Consumer<Round> sink)
            throws InterruptedException {
        int known = comparison.leftOut().size();
        boolean wasTraced = comparison.untraced() == null;
        List<Round> rounds = comparison.run(load, options.rounds(), sink);
        comparison.leftOut().stream().skip(known).forEach(out::println);
        if (wasTraced) {
            Stream.ofNullable(comparison.untraced()).forEach(out::println);
        }
        return rounds;
    }

    /// One table for all rates.
    private void runOpenLoop(
            Comparison comparison,
            Pace pace,
            LoadOptions load,
            List<Integer> percents,
            String reference,
            Consumer<Round> sink)
            throws IOException, InterruptedException {
        List<Summary> summaries = new ArrayList<>();
        for (int percent : percents) {
            List<Round> rounds = measure(comparison, pace.at(load, percent), sink);
            summaries.addAll(Summary.of(rounds, reference));
        }
        print(
                "%s; medians of %s, max of all"
                        .formatted(pace.text(load, percents), measurements(load)),
                OpenLoopTable.of(summaries));
        ComparisonTable.warnings(summaries).forEach(out::println);
        printProfile(summaries);
    }

    private List<String> loadProgram(CTwins twins) throws IOException {
        if (options.loadKind() == ComparisonOptions.LoadKind.JAVA) {
            return LoadProcess.java();
        }
        try {
            return LoadProcess.c(twins);
        } catch (IOException e) {
            if (options.loadKind() == ComparisonOptions.LoadKind.C) {
                throw e;
            }
            out.println("the load is sent by Java: " + e.getMessage());
            return LoadProcess.java();
        }
    }

    private void print(LoadOptions load, List<Summary> summaries, String reference) {
        print(
                "%s; medians of %s".formatted(load.text(), measurements(load)),
                load.isOpenLoop()
                        ? OpenLoopTable.of(summaries)
                        : ComparisonTable.of(summaries, reference));
        ComparisonTable.warnings(summaries).forEach(out::println);
        printProfile(summaries);
    }

    private void printProfile(List<Summary> summaries) {
        if (ProfileTable.isThere(summaries)) {
            print(ProfileTable.TITLE, ProfileTable.of(summaries));
            out.println();
            String bullet = options.isMarkdown() ? "- " : "";
            ProfileTable.hottest(summaries).forEach(line -> out.println(bullet + line));
        }
    }

    /// How many there are and how long they are, and what the parentheses of a table hold.
    private String measurements(LoadOptions load) {
        int turns = patience.turns();
        String rounds = options.rounds() == 1 ? "1 round" : options.rounds() + " rounds";
        return "%s%s of %s (%s)"
                .formatted(
                        rounds,
                        turns > 1 ? " of " + turns + " turns" : "",
                        load.turn(turns).duration(),
                        Spread.bounds(options.rounds() * turns));
    }

    private void print(String title, Table table) {
        out.println();
        out.println(options.isMarkdown() ? "**" + title + "**\n" : title);
        out.print(options.isMarkdown() ? table.toMarkdown() : table.toText());
    }

    private @Nullable Path rawFile(String name) throws IOException {
        Path kept = directory;
        if (kept == null) {
            return null;
        }
        Files.createDirectories(kept);
        Path file = kept.resolve(name + ".jsonl");
        Files.deleteIfExists(file);
        return file;
    }

    private static void append(@Nullable Path raw, Map<String, ? extends @Nullable Object> line) {
        if (raw == null) {
            return;
        }
        try {
            Files.writeString(
                    raw,
                    Json.line(line) + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
