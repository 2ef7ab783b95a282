package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class LoadResultTest {
    @Test
    void survivesTheWayThroughALine() {
        Histogram latencies = LoadResult.emptyHistogram();
        for (int micros = 1; micros <= 1_000; micros++) {
            latencies.recordValue(micros * 1_000L);
        }
        LoadResult result = new LoadResult(1_000, 2.5, 1_500, latencies, 3, "recv: \"reset\"", 700);
        LoadResult same = LoadResult.of(Json.parse(Json.line(result.toMap())));
        assertEquals(result, same);
        assertEquals(400, same.requestsPerSecond());
        assertEquals(500, same.micros(50), 1);
    }

    @Test
    void readsTheBucketsOfTheLoadInC() {
        LoadResult result =
                LoadResult.of(
                        Json.parse(
                                """
                                {"event":"result","requests":10,"seconds":1.0,"errors":0,
                                "requestsInAll":12,"failure":null,
                                "buckets":[[1000,9],[99000000000,1]]}
                                """));
        assertEquals(10, result.latencies().getTotalCount());
        assertEquals(1, result.micros(50), 0.01);
        assertEquals(60_000_000, result.maxMicros(), 60_000);
    }

    @Test
    void namesTheKeyThatIsMissing() {
        IllegalArgumentException failure =
                assertThrows(
                        IllegalArgumentException.class, () -> Json.count(Map.of(), "requests"));
        assertEquals("\"requests\" is missing in {}", failure.getMessage());
    }
}
