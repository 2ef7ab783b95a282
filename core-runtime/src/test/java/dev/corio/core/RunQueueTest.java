package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RunQueueTest {
    @Test
    void firstInIsFirstOutHoweverItGrows() {
        Random random = Seed.random("RunQueueTest");
        RunQueue queue = new RunQueue();
        ArrayDeque<Runnable> model = new ArrayDeque<>();
        for (int round = 0; round < 200_000; round++) {
            // Swings between full and empty, so that it grows with its head anywhere.
            boolean adds = random.nextInt(100) < (round / 5000 % 2 == 0 ? 60 : 40);
            if (adds) {
                Runnable item = new Item();
                queue.add(item);
                model.add(item);
            } else {
                assertSame(model.poll(), queue.poll());
            }
            assertEquals(model.size(), queue.size());
            assertEquals(model.isEmpty(), queue.isEmpty());
        }
        while (!model.isEmpty()) {
            assertSame(model.poll(), queue.poll());
        }
        assertNull(queue.poll());
    }

    /// An item with an identity.
    private static final class Item implements Runnable {
        @Override
        public void run() {}
    }
}
