package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportTest {
    @TempDir private Path directory;

    @Test
    void rawDataComesBackAsItWasMeasured() throws IOException {
        Round round = round("corio", 1, 64);
        write(round, round("<netty>", 1, 64));
        RawData data = RawData.in(directory).getFirst();
        assertEquals("a machine", data.machine());
        assertEquals(round.toMap(), data.rounds().getFirst().toMap());
        assertEquals(List.of("corio", "<netty>"), data.peers());
        assertEquals(1, data.loads().size());
    }

    @Test
    void roundsOfBeforeTheLoadWasWatchedAreRead() throws IOException {
        Map<String, Object> old = new LinkedHashMap<>(round("corio", 1, 64).toMap());
        old.keySet().removeAll(List.of("loadStolen", "loadForeign", "loadCpuNanos"));
        Files.writeString(
                directory.resolve("echo.jsonl"),
                """
                {"text":"a machine","title":"Echo servers","reference":"c"}
                %s
                """
                        .formatted(Json.line(old)));
        Round read = RawData.in(directory).getFirst().rounds().getFirst();
        assertEquals(new CpuLoss(0.01, 0.02), read.use().loss());
        assertEquals(CpuLoss.NONE, read.use().loadLoss());
        assertEquals(0, read.result().cpuNanos());
    }

    @Test
    void thePageTellsWhatWasRun() throws IOException {
        Map<String, Object> head = new LinkedHashMap<>();
        head.put("text", "a machine");
        head.put("title", "Proxies");
        head.put("reference", "c");
        head.put("versions", Map.of("HAProxy", "2.6.12"));
        head.put("commands", Map.of("corio", "java -Xmx256m", "nginx", "not run: <none>"));
        write(head, round("corio", 1, 64));
        String page = Files.readString(Report.write(directory));
        assertTrue(page.contains("<td>corio</td><td>java -Xmx256m</td>"), page);
        assertTrue(page.contains("<td>nginx</td><td>not run: &lt;none&gt;</td>"), page);
        assertTrue(page.contains("HAProxy 2.6.12"), page);
    }

    @Test
    void dataOfBeforeVersionsWereKeptIsReadAndShown() throws IOException {
        write(round("corio", 1, 64));
        RawData data = RawData.in(directory).getFirst();
        assertEquals(Map.of(), data.versions());
        assertEquals(Map.of(), data.commands());
        assertFalse(Files.readString(Report.write(directory)).contains("What was run"));
    }

    @Test
    void thePageTakesRatiosToTheMedianWhereTheDataDoes() throws IOException {
        write(
                Map.of("text", "", "title", "Rungs", "reference", Summary.TURN_MEDIAN),
                round("all", 1, 64),
                round("epoll", 1, 64));
        String page = Files.readString(Report.write(directory));
        assertTrue(page.contains("Ratios are to the turn&#x27;s median."), page);
        assertTrue(page.contains("<td>1.00 (1.00–1.00)</td>"), page);
    }

    @Test
    void thePageTellsTheMostThatATurnLost() throws IOException {
        write(round("corio", 1, 64), lossless(round("corio", 2, 64)));
        assertTrue(
                Files.readString(Report.write(directory))
                        .contains(
                                "of the server&#x27;s CPU 1.0 % to the hypervisor and 2.0 % to"
                                        + " other processes, of the load&#x27;s 3.0 % and 4.0 %."));
    }

    @Test
    void thePageHoldsEverythingItNeeds() throws IOException {
        write(
                round("corio", 1, 1),
                round("<netty>", 1, 1),
                round("corio", 1, 64),
                round("<netty>", 1, 64));
        String page = Files.readString(Report.write(directory));
        assertTrue(page.contains("1 connection × 128 B, closed loop"), "a heading for each load");
        assertTrue(page.contains("&lt;netty&gt;"), "names are escaped");
        assertTrue(page.contains("uPlot"), "the plotting library is in the page");
        assertTrue(page.matches("(?s).*\"corio\":\\[\\d+\\.\\d.*"), "a curve has its points");
        assertTrue(
                page.contains("CPU µs per request, 128 B"), "two counts of connections: a curve");
        assertFalse(page.contains("src="), "nothing is loaded from elsewhere");
        assertFalse(page.contains("href="), "nothing is loaded from elsewhere");
    }

    @Test
    void messagesInFlightAreCurvesOfTheirOwn() throws IOException {
        write(
                round("corio", 1, 1, 1),
                round("corio", 1, 1, 16),
                round("corio", 1, 64, 1),
                round("corio", 1, 64, 16));
        String page = Files.readString(Report.write(directory));
        assertTrue(page.contains("\"Requests/s, 128 B\""), page);
        assertTrue(page.contains("\"Requests/s, 128 B, pipeline 16\""), page);
        assertFalse(page.contains("\"x\":[1,1,"), page);
    }

    @Test
    void aDirectoryWithoutRawDataIsRefused() throws IOException {
        assertTrue(
                assertThrows(IOException.class, () -> Report.write(directory))
                        .getMessage()
                        .contains("run a comparison with --out"));
        Files.writeString(directory.resolve("echo.jsonl"), "{\"event\":\"other\"}\n");
        assertTrue(
                assertThrows(IOException.class, () -> Report.write(directory))
                        .getMessage()
                        .contains("echo.jsonl is not raw data of a comparison"));
    }

    @Test
    void whatIsNoDirectoryIsNamed() {
        Path nowhere = directory.resolve("nowhere");
        assertEquals(
                nowhere + " is not a directory",
                assertThrows(IOException.class, () -> Report.write(nowhere)).getMessage());
    }

    @Test
    void withoutACommandEverythingIsCompared() {
        assertEquals(List.of("all", "--quick"), List.of(Main.withCommand("--quick")));
        assertEquals(List.of("all"), List.of(Main.withCommand()));
        assertEquals(List.of("echo", "--quick"), List.of(Main.withCommand("echo", "--quick")));
        assertEquals(List.of("--help"), List.of(Main.withCommand("--help")));
    }

    private void write(Round... rounds) throws IOException {
        write(Map.of("text", "a machine", "title", "Echo servers", "reference", "c"), rounds);
    }

    private void write(Map<String, Object> head, Round... rounds) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(Json.line(head));
        for (Round round : rounds) {
            lines.add(Json.line(round.toMap()));
        }
        Files.write(directory.resolve("echo.jsonl"), lines);
    }

    private static Round lossless(Round round) {
        return new Round(
                round.peer(),
                round.number(),
                round.load(),
                round.result(),
                new ServerUse(5_000_000, CpuLoss.NONE, CpuLoss.NONE, 1 << 26, 120),
                round.stats());
    }

    private static Round round(String peer, int number, int connections) {
        return round(peer, number, connections, 1);
    }

    private static Round round(String peer, int number, int connections, int pipeline) {
        Histogram latencies = LoadResult.emptyHistogram();
        latencies.recordValueWithCount(100_000, 900);
        latencies.recordValueWithCount(1_000_000, 100);
        return new Round(
                peer,
                number,
                new LoadOptions(LoadOptions.NO_TARGET, connections, 0, 128, pipeline, 1, 2, 0),
                new LoadResult(1_000, 2, 1_500, latencies, 0, null, 900_000_000),
                new ServerUse(
                        5_000_000, new CpuLoss(0.01, 0.02), new CpuLoss(0.03, 0.04), 1 << 26, 120),
                Map.of("systemCalls", 500));
    }
}
