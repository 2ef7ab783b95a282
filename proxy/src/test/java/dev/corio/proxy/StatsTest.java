package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.CoreStats;
import dev.corio.core.DriverKind;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class StatsTest {
    private final String json =
            new Stats(DriverKind.EPOLL, 2, CoreStats.ZERO, 0)
                    .json(new Traffic(1, 2, 3, 4), Duration.ofMillis(5));

    @Test
    void everyCounterOfACoreIsThere() {
        for (String name : CoreStats.ZERO.numbers().keySet()) {
            assertTrue(json.contains("\"" + name + "\":0"), name);
        }
    }

    @Test
    void trafficAndProcessAreThere() {
        assertTrue(
                json.startsWith(
                        "{\"driver\":\"epoll\",\"cores\":2,\"cpuNanos\":5000000,\"accepted\":1,\"refused\":2,"
                                + "\"bytesForward\":3,\"bytesBackward\":4,"),
                json);
        assertTrue(json.endsWith("}"), json);
    }
}
