package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientCheckTest {
    @TempDir private Path directory;

    @Test
    void differencesAreTakenWithinARoundAndNotOfMedians() {
        ClientCheck check =
                check(
                        List.of(reading(100, 10), reading(200, 20), reading(900, 90)),
                        List.of(reading(110, 9), reading(220, 18), reading(300, 60)));
        List<List<String>> rows = check.table().rows();
        assertEquals(List.of("corio's load", "200", "20", "40", "60", "5.00", "0 %"), rows.get(1));
        assertEquals(
                List.of("redis-benchmark", "220", "18", "36", "54", "5.00", "0 %"), rows.get(2));
        assertEquals(
                List.of("difference", "+10 %", "-10 %", "-10 %", "-10 %", "+0 %", "+10 %"),
                rows.get(3));
        assertEquals(6, check.uses().stream().filter(use -> use.disturbed() == 0.25).count());
    }

    @Test
    void aReportShowsWhatWasKeptAndNothingOfAnEarlierRun() throws IOException {
        ClientCheck check = check(List.of(reading(100, 10)), List.of(reading(110, 9)));
        check.write(directory);
        ClientCheck read = Objects.requireNonNull(ClientCheck.in(directory));
        assertEquals(check.title(), read.title());
        assertEquals(check.ours(), read.ours());
        assertEquals(check.others(), read.others());
        Files.writeString(
                directory.resolve("echo.jsonl"),
                "{\"text\":\"a machine\",\"title\":\"Echo servers\",\"reference\":\"c\"}\n");
        String page = Files.readString(Report.write(directory));
        assertTrue(page.contains("&lt;corio&gt; under two clients, 4 connections × 128 B"), page);
        assertTrue(page.contains("<td>difference</td><td>+10 %</td><td>-10 %</td>"), page);
        ClientCheck.removeFrom(directory);
        assertFalse(Files.readString(Report.write(directory)).contains("under two clients"));
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        Path file = check(List.of(), List.of()).write(directory);
        Files.writeString(file, "{\"server\":1}");
        String message =
                assertThrows(IOException.class, () -> ClientCheck.in(directory)).getMessage();
        assertTrue(message.startsWith(file + " is not what check leaves: "), message);
    }

    @Test
    void redisSendsMessagesOfExactlyTheSizeAskedFor() {
        for (int sizeBytes : List.of(21, 128, 16_384)) {
            String payload = RedisBenchmark.payload(sizeBytes);
            String message =
                    "*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n".formatted(payload.length(), payload);
            assertEquals(sizeBytes, message.length());
        }
        // One byte more of payload needs one more digit too.
        assertEquals(
                "redis-benchmark has no message of that size: 30",
                assertThrows(IllegalArgumentException.class, () -> RedisBenchmark.payload(30))
                        .getMessage());
    }

    @Test
    void readsNumbersByTheirNamesBelowAWarning() throws IOException {
        assertEquals(
                new RedisBenchmark.Answer(3278.69, 47, 4119, 79231),
                RedisBenchmark.Answer.of(
                        List.of(
                                "WARNING: Could not fetch server CONFIG",
                                "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\","
                                        + "\"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\","
                                        + "\"max_latency_ms\"",
                                "\"ECHO x\",\"3278.69\",\"0.302\",\"0.024\",\"0.047\",\"0.111\","
                                        + "\"4.119\",\"79.231\"")));
        assertEquals(
                "redis-benchmark said Connection refused",
                assertThrows(
                                IOException.class,
                                () -> RedisBenchmark.Answer.of(List.of("Connection refused")))
                        .getMessage());
    }

    @Test
    void redisTakesAnEchoForAnAnswer() throws Exception {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/redis-benchmark")), "needs redis-tools");
        try (EchoThread server = new EchoThread(EchoThread.Manner.HONEST);
                Scratch scratch = Scratch.create()) {
            RedisBenchmark.Answer answer =
                    RedisBenchmark.run(
                            server.address(),
                            4,
                            128,
                            200,
                            Placement.choose().loadCpu(),
                            scratch.file("redis.log"));
            assertTrue(answer.requestsPerSecond() > 0, answer::toString);
            assertTrue(answer.p50Micros() <= answer.maxMicros(), answer::toString);
        }
    }

    private static ClientCheck check(
            List<ClientCheck.Reading> ours, List<ClientCheck.Reading> others) {
        return new ClientCheck("<corio>", QuietWorkbench.LOAD, ours, others);
    }

    private static ClientCheck.Reading reading(double requestsPerSecond, double p50Micros) {
        return new ClientCheck.Reading(
                requestsPerSecond,
                p50Micros,
                2 * p50Micros,
                3 * p50Micros,
                1_000,
                new ServerUse(5_000_000, new CpuLoss(0.25, 0), CpuLoss.NONE, 0, 0));
    }
}
