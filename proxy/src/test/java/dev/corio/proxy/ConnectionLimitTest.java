package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ConnectionLimitTest {
    private final ConnectionLimit limit = new ConnectionLimit(2);

    @Test
    void thereAreAsManyPlacesAsConfigured() {
        assertTrue(limit.tryTake());
        assertTrue(limit.tryTake());
        assertFalse(limit.tryTake());
        assertEquals(2, limit.taken());
        limit.giveBack();
        assertEquals(1, limit.taken());
        assertTrue(limit.tryTake());
    }

    @Test
    void whoWaitsGetsThePlaceThatIsGivenBack() throws Exception {
        limit.take();
        limit.take();
        Thread waiting =
                Thread.startVirtualThread(() -> {
                    try {
                        limit.take();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        assertFalse(waiting.join(Duration.ofMillis(50)));
        limit.giveBack();
        assertTrue(waiting.join(Duration.ofSeconds(10)));
        assertEquals(2, limit.taken());
    }

    @Test
    void drainingEndsWhenNoPlaceIsTaken() throws Exception {
        limit.take();
        assertFalse(limit.awaitNoneTaken(Duration.ofMillis(10)));
        assertEquals(1, limit.taken());
        limit.giveBack();
        assertTrue(limit.awaitNoneTaken(Duration.ofMillis(10)));
    }
}
