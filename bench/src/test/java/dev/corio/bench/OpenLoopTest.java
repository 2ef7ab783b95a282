package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class OpenLoopTest {
    private static final LoadOptions CLOSED = load(0);

    @TempDir private Path directory;

    @Test
    void ratesArePartsOfTheLowestOfTheMediansAndNotOfTheLowestRound() {
        Pace pace =
                Pace.of(
                        Summary.of(
                                List.of(
                                        round("fast", 1, CLOSED, 400, 0),
                                        round("slow", 1, CLOSED, 10, 0),
                                        round("fast", 2, CLOSED, 1, 0),
                                        round("slow", 2, CLOSED, 205, 0),
                                        round("fast", 3, CLOSED, 300, 0),
                                        round("slow", 3, CLOSED, 210, 0)),
                                "fast"));
        assertEquals(new Pace("slow", 205), pace);
        assertEquals(51, pace.at(CLOSED, 25).ratePerSecond());
        assertEquals(1, new Pace("slow", 2).at(CLOSED, 1).ratePerSecond());
        assertEquals(CLOSED, pace.at(CLOSED, 25).at(0), "only the rate differs");
        assertEquals(
                "4 connections × 128 B, open loop at 25 %, 50 % of what slow can (205/s)",
                pace.text(CLOSED, List.of(25, 50)));
        assertThrows(IllegalArgumentException.class, () -> Pace.of(List.of()));
    }

    @Test
    void theTableHasMediansOfTheRoundsAndTheMaximumOfAll() {
        LoadOptions load = CLOSED.at(1_000);
        List<Summary> summaries =
                Summary.of(
                        List.of(
                                round("a", 1, load, 990, 100),
                                round("a", 2, load, 1_000, 200),
                                round("a", 3, load, 1_010, 9_000)),
                        "a");
        assertEquals(
                List.of(
                        "a",
                        "1,000",
                        "1,000",
                        "200",
                        "200 (100–9,003)",
                        "200 (100–9,003)",
                        "9,003",
                        "10.00 (9.90–10.10)",
                        "1 %"),
                OpenLoopTable.of(summaries).rows().getLast());
    }

    @Test
    void aWarningNamesTheRate() {
        LoadOptions load = CLOSED.at(1_000);
        LoadResult failed = new LoadResult(9, 1, 9, LoadResult.emptyHistogram(), 1, "reset", 0);
        Round round =
                new Round(
                        "a",
                        1,
                        load,
                        failed,
                        new ServerUse(0, CpuLoss.NONE, CpuLoss.NONE, 0, 0),
                        Map.of());
        assertEquals(
                List.of("a at 1,000/s: 1 errors, the first: reset"),
                ComparisonTable.warnings(Summary.of(List.of(round), "a")));
    }

    @Test
    void theReportDrawsLatencyOverTheRates() {
        RawData data =
                new RawData(
                        "a machine",
                        "Echo servers",
                        "a",
                        Map.of(),
                        Map.of(),
                        List.of(
                                round("a", 1, CLOSED, 4_000, 900),
                                round("a", 1, CLOSED.at(2_000), 2_000, 300),
                                round("a", 1, CLOSED.at(1_000), 1_000, 100)));
        Map<String, Object> groups = ReportCharts.rates(data);
        assertTrue(groups.toString().contains("x=[1000.0, 2000.0]"), groups::toString);
        assertTrue(groups.toString().contains("a=[100."), groups::toString);
        assertTrue(groups.toString().contains("4 connections × 128 B"), groups::toString);
    }

    @Test
    void oneRateIsNoCurve() {
        List<Round> rounds = List.of(round("a", 1, CLOSED.at(9), 9, 1));
        RawData data = new RawData("", "", "a", Map.of(), Map.of(), rounds);
        assertEquals(Map.of("groups", List.of()), ReportCharts.rates(data));
    }

    @Test
    void percentagesThatMakeNoSenseAreRefused() {
        assertEquals(List.of(25, 75), options("--at", "25,75").percents());
        assertRefused("--at takes percentages from 1 to 99: 100", "--at", "100");
        assertRefused("--at takes percentages from 1 to 99: 0", "--at", "50,0");
        assertRefused("--at and --rate exclude each other", "--at", "50", "--rate", "9");
    }

    @Test
    void everythingIncludesTheOpenLoopUnlessARateIsAskedFor() {
        assertEquals(List.of(25, 50), percentsOfAll());
        assertEquals(List.of(90), percentsOfAll("--at", "90"));
        assertEquals(List.of(), percentsOfAll("--rate", "1000"));
    }

    @Test
    void aComparisonGoesOnWithTheRatesAndKeepsTheirRounds() throws Exception {
        ComparisonOptions options =
                options(
                        "--peers=nio",
                        "--load=JAVA",
                        "--rounds=1",
                        "--connections=4",
                        "--sizes=128",
                        "--warmup=0.2",
                        "--seconds=0.5",
                        "--at=10,20");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        new ComparisonRun(options, directory, out, Patience.NONE)
                .run("Echo servers", "echo", EchoPeers.USUAL, EchoPeers.ALL, null);
        String text = said.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("closed loop; medians of 1 round of 0.5 s (min–max)\n"), text);
        assertTrue(text.contains("; medians of 1 round of 0.5 s (min–max), max of all\n"), text);
        List<Round> rounds = RawData.in(directory).getFirst().rounds();
        assertEquals(3, rounds.size());
        double peak = rounds.getFirst().result().requestsPerSecond();
        assertEquals(Math.floor(peak * 0.1), rounds.get(1).load().ratePerSecond());
        assertEquals(Math.floor(peak * 0.2), rounds.get(2).load().ratePerSecond());
        assertTrue(
                Files.readString(Report.write(directory)).contains("p99 µs in an open loop"),
                "the report has the rates");
    }

    @Test
    void theLoadInCChargesAStallToEveryRequestItHeldUp() throws Exception {
        try (EchoThread server = new EchoThread(EchoThread.Manner.STALLING);
                Scratch scratch = Scratch.create()) {
            LoadOptions load = new LoadOptions(server.address(), 1, 0, 128, 1, 0.1, 0.5, 1_000);
            LoadResult result =
                    LoadProcess.run(
                            program(new CTwins(scratch.directory())),
                            load,
                            Placement.choose().loadCpu(),
                            scratch.file("load.log"),
                            new QuietListener());
            assertEquals(0, result.errors(), () -> String.valueOf(result.failure()));
            assertEquals(500, result.latencies().getTotalCount(), 20);
            long held = result.latencies().getCountBetweenValues(20_000_000, Long.MAX_VALUE);
            assertTrue(held > 50, () -> "a stall of 100 ms at 1,000/s holds up 100, not " + held);
        }
    }

    private static List<String> program(CTwins twins) {
        try {
            return LoadProcess.c(twins);
        } catch (IOException e) {
            return Assumptions.abort(e.getMessage());
        }
    }

    private static List<Integer> percentsOfAll(String... arguments) {
        ComparisonOptions options = options(arguments);
        options.atUnlessGiven(List.of(25, 50));
        return options.percents();
    }

    private static void assertRefused(String reason, String... arguments) {
        ComparisonOptions options = options(arguments);
        assertEquals(
                reason,
                assertThrows(IllegalArgumentException.class, options::percents).getMessage());
    }

    private static ComparisonOptions options(String... arguments) {
        return CommandLine.populateCommand(new ComparisonOptions(), arguments);
    }

    private static Round round(
            String peer, int number, LoadOptions load, long requests, long micros) {
        Histogram latencies = LoadResult.emptyHistogram();
        latencies.recordValueWithCount(micros * 1_000, requests);
        return new Round(
                peer,
                number,
                load,
                new LoadResult(requests, 1, requests, latencies, 0, null, 0),
                new ServerUse(10_000_000, CpuLoss.NONE, CpuLoss.NONE, 0, 0),
                Map.of());
    }

    private static LoadOptions load(double rate) {
        return new LoadOptions(LoadOptions.NO_TARGET, 4, 0, 128, 1, 1, 1, rate);
    }
}
