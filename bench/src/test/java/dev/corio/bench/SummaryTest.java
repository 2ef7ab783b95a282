package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class SummaryTest {
    @Test
    void takesTheMiddleOfAnOddAndAnEvenCount() {
        assertEquals(new Spread(1, 1, 2, 9, 9), Spread.of(DoubleStream.of(9, 1, 2)));
        assertEquals(new Spread(1, 1, 2.5, 4, 4), Spread.of(DoubleStream.of(4, 1, 3, 2)));
    }

    @Test
    void tellsTheQuartilesOfManyAndTheExtremesOfFew() {
        Spread many = Spread.of(DoubleStream.of(99, 2, 3, 4, 5, 6, 7, 1));
        assertEquals(new Spread(1, 3, 4.5, 6, 99), many);
        assertEquals("4.50 (3.00–6.00)", many.text("%.2f"));
        assertEquals("quartiles", Spread.bounds(8));
        assertEquals("min–max", Spread.bounds(7));
    }

    @Test
    void takesRatiosWithinARoundAndNotOfMedians() {
        List<Round> rounds =
                List.of(
                        round("a", 1, 10),
                        round("b", 1, 5),
                        round("a", 2, 20),
                        round("b", 2, 10),
                        round("a", 3, 30),
                        round("b", 3, 30));
        Spread ratio = Summary.of(rounds, "a").getLast().cpuRatio();
        assertNotNull(ratio);
        assertEquals(new Spread(0.5, 0.5, 0.5, 1, 1), ratio);
    }

    @Test
    void takesRatiosToTheMedianOfAllInATurn() {
        // The first is slow, and in the second turn the machine is; in the third somebody has gone.
        List<Round> rounds =
                List.of(
                        round("a", 1, 30),
                        round("b", 1, 10),
                        round("c", 1, 12),
                        round("a", 2, 60),
                        round("b", 2, 20),
                        round("c", 2, 24),
                        round("b", 3, 10),
                        round("c", 3, 30));
        List<Summary> summaries = Summary.of(rounds, Summary.TURN_MEDIAN);
        assertEquals(new Spread(2.5, 2.5, 2.5, 2.5, 2.5), summaries.get(0).cpuRatio());
        assertEquals(
                new Spread(0.5, 0.5, 10.0 / 12, 10.0 / 12, 10.0 / 12), summaries.get(1).cpuRatio());
        assertEquals(new Spread(1, 1, 1, 1.5, 1.5), summaries.get(2).cpuRatio());
        assertEquals(
                "× the turn's median",
                ComparisonTable.of(summaries, Summary.TURN_MEDIAN).rows().getFirst().get(6));
    }

    @Test
    void hasNoRatioToAPeerThatNeverRan() {
        assertNull(Summary.of(List.of(round("a", 1, 10)), "b").getFirst().cpuRatio());
    }

    @Test
    void readsTheDemoByRatiosWithinATurn() {
        // The machine is four times slower in the third turn, and the last one is bad luck.
        assertEquals(
                """
                Against epoll in the same turn, medians and min–max of 6 turns:
                io_uring needed 20 % less CPU per request (30 % less to 10 % less) and carried as many\
                 requests per second.\
                """,
                demo(7.0, 8.0, 8.0, 8.0, 8.0, 9.0));
    }

    @Test
    void theDemoSaysWhenIoUringLoses() {
        assertTrue(
                demo(12.0, 12.0, 12.0, 11.0, 12.0, 13.0)
                        .contains(
                                "io_uring needed 20 % more CPU per request (10 % more to 30 %"
                                        + " more)"));
    }

    @Test
    void theDemoDoesNotCallNoiseADifference() {
        String noise =
                "io_uring needed as much CPU per request within noise (20 % less to 10 % more)";
        assertTrue(demo(9.0, 8.0, 11.0).contains(noise));
        // Three of twelve on the other side: chance does that in one case of seven.
        assertTrue(demo(9, 9, 9, 9, 9, 9, 9, 9, 9, 11, 11, 11).contains("within noise"));
        assertFalse(demo(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 11, 11).contains("CPU per request within"));
        assertTrue(demo(9, 9, 9, 9, 9, 9, 9, 11).contains("CPU per request within noise"));
        assertFalse(demo(9, 9, 9, 9, 9, 9, 9, 9).contains("CPU per request within noise"));
    }

    @Test
    void theDemoTellsHowManyTurnsWereDisturbed() {
        ServerUse use = new ServerUse(1, new CpuLoss(0, 0.2), CpuLoss.NONE, 0, 0);
        Round disturbed = new Round("corio-epoll", 1, load(), result(1), use, Map.of());
        List<Round> rounds = List.of(round("corio-io_uring", 1, 8), disturbed);
        assertEquals(
                List.of(
                        "Others had more than 5 % of the proxy's CPU in 1 of the 2 turns of both, up to 20 %,"
                                + " which latencies suffer from first."),
                DemoTable.warnings(Summary.of(rounds, "corio-epoll")));
    }

    /// Against an epoll that needs 10 µs, and 40 in the third turn, as the other one then does.
    private static String demo(double... ioUring) {
        List<Round> rounds = new ArrayList<>();
        for (int i = 0; i < ioUring.length; i++) {
            int slowness = i == 2 ? 4 : 1;
            rounds.add(round("corio-io_uring", i + 1, ioUring[i] * slowness));
            rounds.add(round("corio-epoll", i + 1, 10.0 * slowness));
        }
        return DemoTable.reading(Summary.of(rounds, "corio-epoll"));
    }

    @Test
    void countsSystemCallsOverAllRequests() {
        Round round = round("corio-io_uring", 1, 8);
        assertEquals(0.25, round.systemCallsPerRequest());
    }

    @Test
    void tracedSystemCallsAreOverTheRequestsThatWereTraced() {
        Round counted = round("c-uring", 1, 8);
        Round round =
                new Round(
                        "c-uring",
                        1,
                        load(),
                        counted.result(),
                        counted.use(),
                        Round.traced(600, 300));
        assertEquals(2.0, round.systemCallsPerRequest());
        Round again = Round.of(Json.parse(Json.line(round.toMap())));
        assertEquals(2.0, again.systemCallsPerRequest());
    }

    @Test
    void warnsOfDisturbedRoundsAndIdleServers() {
        List<String> warnings = warnings(new CpuLoss(0.5, 0.1), CpuLoss.NONE);
        assertEquals(
                List.of(
                        "a: 60 % of the server's CPU went elsewhere in the worst turn (50 %"
                                + " stolen)",
                        "a: not busy, so its requests/s are the load's limit, not its own"),
                warnings);
    }

    @Test
    void saysWhichOfTheTwoCpusWentElsewhere() {
        assertEquals(
                "a: 20 % of the load's CPU went elsewhere in the worst turn (0 % stolen)",
                warnings(new CpuLoss(0.01, 0.02), new CpuLoss(0, 0.2)).getFirst());
        assertEquals(3, warnings(new CpuLoss(0, 0.1), new CpuLoss(0, 0.2)).size(), "both");
        assertEquals(1, warnings(new CpuLoss(0, 0.04), new CpuLoss(0.04, 0)).size(), "neither");
    }

    @Test
    void aMeasurementIsAsDisturbedAsTheWorseOfItsTwoCpus() {
        CpuLoss little = new CpuLoss(0.01, 0.01);
        CpuLoss much = new CpuLoss(0.25, 0.25);
        assertEquals(0.5, new ServerUse(1, little, much, 0, 0).disturbed());
        assertEquals(0.5, new ServerUse(1, much, little, 0, 0).disturbed());
    }

    private static List<String> warnings(CpuLoss server, CpuLoss load) {
        ServerUse use = new ServerUse(10_000_000, server, load, 0, 0);
        Round round = new Round("a", 1, load(), result(1_000), use, Map.of());
        return ComparisonTable.warnings(Summary.of(List.of(round), "a"));
    }

    @Test
    void alignsTextAndWritesMarkdown() {
        Table table = new Table("server", "n");
        table.add("a", "100");
        assertEquals("server    n\na       100\n", table.toText());
        assertEquals("| server | n |\n| --- | ---: |\n| a | 100 |\n", table.toMarkdown());
    }

    private static Round round(String peer, int number, double cpuMicros) {
        long requests = 1_000;
        return new Round(
                peer,
                number,
                load(),
                result(requests),
                new ServerUse(
                        (long) (cpuMicros * 1_000 * requests), CpuLoss.NONE, CpuLoss.NONE, 0, 0),
                Map.of("systemCalls", 500));
    }

    private static LoadResult result(long requests) {
        return new LoadResult(requests, 1, 2_000, LoadResult.emptyHistogram(), 0, null, 0);
    }

    private static LoadOptions load() {
        return new LoadOptions(new InetSocketAddress(1), 64, 0, 128, 1, 1, 1, 0);
    }
}
