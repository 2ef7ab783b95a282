package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {
    private EchoThread server = new EchoThread(EchoThread.Manner.HONEST);

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void closedLoopCountsEveryAnswer() throws IOException {
        Listener listener = new Listener();
        LoadResult result = LoadGenerator.run(load(4, 128, 1, 0), listener);
        assertEquals(0, result.errors(), () -> String.valueOf(result.failure()));
        assertTrue(result.requests() > 100, () -> "only " + result.requests());
        long inFlightAtTheEnd = result.latencies().getTotalCount() - result.requests();
        assertTrue(inFlightAtTheEnd >= 0 && inFlightAtTheEnd <= 4, () -> "" + inFlightAtTheEnd);
        assertTrue(result.requestsInAll() >= result.requests());
        assertEquals("connected measuring measured", listener.text());
    }

    @Test
    void pipelinedAndLargeMessagesComeBackWhole() throws IOException {
        LoadResult result = LoadGenerator.run(load(2, 100_000, 8, 0), new Listener());
        assertEquals(0, result.errors(), () -> String.valueOf(result.failure()));
        assertTrue(result.requests() > 10);
    }

    @Test
    void shortestMessagesCarryTheirNumberOnly() throws IOException {
        LoadResult result = LoadGenerator.run(load(1, 8, 4, 0), new Listener());
        assertEquals(0, result.errors());
    }

    @Test
    void openLoopKeepsItsRate() throws IOException {
        LoadResult result = LoadGenerator.run(load(4, 128, 1, 2_000), new Listener());
        assertEquals(0, result.errors(), () -> String.valueOf(result.failure()));
        assertEquals(600, result.latencies().getTotalCount(), 20);
    }

    @Test
    void openLoopChargesAStallToEveryRequestItHeldUp() throws IOException {
        server.close();
        server = new EchoThread(EchoThread.Manner.STALLING);
        LoadResult result = LoadGenerator.run(load(1, 128, 1, 1_000), new Listener());
        assertEquals(0, result.errors(), () -> String.valueOf(result.failure()));
        long held = result.latencies().getCountBetweenValues(20_000_000, Long.MAX_VALUE);
        assertTrue(held > 50, () -> "a stall of 100 ms at 1,000/s holds up 100, not " + held);
    }

    @Test
    void closedLoopCountsAServerThatFallsSilentForGood() throws IOException {
        server.close();
        server = new EchoThread(EchoThread.Manner.SILENT);
        LoadResult result = LoadGenerator.run(load(1, 128, 1, 0), new Listener());
        assertEquals(1, result.errors());
        assertEquals("1 requests had no answer in time", result.failure());
    }

    @Test
    void closedLoopRecordsAnAnswerThatComesAfterTheEnd() throws IOException {
        server.close();
        server = new EchoThread(EchoThread.Manner.LATE);
        LoadResult result = LoadGenerator.run(load(1, 128, 1, 0), new Listener());
        assertEquals(0, result.errors(), () -> String.valueOf(result.failure()));
        assertTrue(result.maxMicros() > 500_000, () -> "only " + result.maxMicros());
    }

    @Test
    void noticesAChangedMessage() {
        assertFails(EchoThread.Manner.TEARING, "torn");
    }

    @Test
    void noticesARepeatedMessage() {
        assertFails(EchoThread.Manner.REPEATING, "another");
    }

    @Test
    void saysWhyAllConnectionsFailed() {
        assertFails(EchoThread.Manner.CLOSING, "closed the connection");
    }

    private void assertFails(EchoThread.Manner manner, String reason) {
        server.closeQuietly();
        server = new EchoThread(manner);
        IOException failure =
                assertThrows(
                        IOException.class,
                        () -> LoadGenerator.run(load(1, 128, 1, 0), new Listener()));
        assertTrue(String.valueOf(failure.getMessage()).contains(reason), failure::getMessage);
    }

    private LoadOptions load(int connections, int sizeBytes, int pipeline, double rate) {
        InetSocketAddress target = server.address();
        return new LoadOptions(target, connections, 1, sizeBytes, pipeline, 0.1, 0.3, rate);
    }

    private static final class Listener implements LoadListener {
        private final StringBuilder events = new StringBuilder();

        @Override
        public void connected() {
            events.append("connected ");
        }

        @Override
        public void measuring() {
            events.append("measuring ");
        }

        @Override
        public void progress(double seconds, long requests) {
            assertTrue(seconds >= 0 && requests >= 0);
        }

        @Override
        public void measured() {
            events.append("measured ");
        }

        String text() {
            return events.toString().strip();
        }
    }
}
