package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Seed;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class SpscQueueTest {
    private static final int STEPS = 1_000_000;

    @Test
    void doesWhatAQueueWithALimitDoes() {
        Random random = Seed.random("SpscQueue against a deque");
        for (int capacity = 1; capacity <= 16; capacity *= 2) {
            SpscQueue<Integer> queue = new SpscQueue<>(capacity);
            ArrayDeque<Integer> model = new ArrayDeque<>();
            assertEquals(capacity, queue.capacity());
            for (int step = 0; step < STEPS / 5; step++) {
                step(queue, model, step, random);
                assertEquals(model.size(), queue.size());
            }
        }
    }

    private static void step(
            SpscQueue<Integer> queue, ArrayDeque<Integer> model, int step, Random random) {
        int room = queue.capacity() - model.size();
        switch (random.nextInt(4)) {
            case 0 -> {
                assertEquals(room > 0, queue.offer(step));
                if (room > 0) {
                    model.add(step);
                }
            }
            case 1 -> {
                Integer[] items = new Integer[random.nextInt(12)];
                for (int i = 0; i < items.length; i++) {
                    items[i] = 100 * step + i;
                }
                int from = random.nextInt(items.length + 1);
                int count = queue.offerMany(items, from, items.length);
                assertEquals(Math.min(room, items.length - from), count);
                model.addAll(List.of(items).subList(from, from + count));
            }
            case 2 -> assertEquals(model.poll(), queue.poll());
            default -> {
                int wanted = random.nextInt(12);
                int expected = Math.min(wanted, model.size());
                int count = queue.drain(item -> assertEquals(model.poll(), item), wanted);
                assertTrue(count <= expected, count + " taken of " + expected);
                assertEquals(expected > 0, count > 0);
            }
        }
    }

    @Test
    void capacityIsRoundedUpToAPowerOfTwo() {
        assertEquals(2, new SpscQueue<>(2).capacity());
        assertEquals(8, new SpscQueue<>(5).capacity());
        assertEquals(1 << 20, new SpscQueue<>((1 << 20) - 1).capacity());
    }

    @Test
    void aConsumerThatThrowsLeavesTheRestInside() {
        SpscQueue<Integer> queue = new SpscQueue<>(4);
        assertEquals(3, queue.offerMany(new Integer[] {1, 2, 3}, 0, 3));
        assertThrows(
                IllegalStateException.class,
                () ->
                        queue.drain(
                                item -> {
                                    throw new IllegalStateException("item " + item);
                                },
                                3));
        assertEquals(2, queue.size());
        assertEquals(2, queue.poll());
        assertEquals(3, queue.poll());
        assertNull(queue.poll());
    }

    @Test
    void aConsumerMayTakeItemsItself() {
        SpscQueue<Integer> queue = new SpscQueue<>(4);
        assertEquals(4, queue.offerMany(new Integer[] {1, 2, 3, 4}, 0, 4));
        assertFalse(queue.offer(5));
        List<Integer> pairs = new ArrayList<>();
        assertEquals(
                2,
                queue.drain(
                        item -> {
                            Integer next = queue.poll();
                            assertTrue(queue.offer(10));
                            pairs.add(10 * item + next);
                        },
                        2));
        assertEquals(List.of(12, 34), pairs);
        assertEquals(2, queue.size());
    }

    @Test
    @Timeout(60)
    void allArrivesInOrderWhileBothEndsAreBusy() throws Exception {
        Random random = Seed.random("SpscQueue between threads");
        long sendingSeed = random.nextLong();
        SpscQueue<Integer> queue = new SpscQueue<>(16);
        FutureTask<Void> sending =
                new FutureTask<>(() -> {
                    send(queue, new Random(sendingSeed));
                    return null;
                });
        Thread sender = Thread.ofPlatform().start(sending);
        int[] next = {0};
        while (next[0] < STEPS) {
            if (random.nextBoolean()) {
                queue.drain(item -> assertEquals(next[0]++, item), 1 + random.nextInt(20));
            } else {
                Integer item = queue.poll();
                if (item != null) {
                    assertEquals(next[0]++, item);
                }
            }
        }
        sending.get();
        sender.join();
        assertNull(queue.poll());
        assertEquals(0, queue.size());
    }

    private static void send(SpscQueue<Integer> queue, Random random) {
        int next = 0;
        while (next < STEPS) {
            if (random.nextBoolean()) {
                next += queue.offer(next) ? 1 : 0;
            } else {
                Integer[] items = new Integer[Math.min(STEPS - next, 1 + random.nextInt(20))];
                for (int i = 0; i < items.length; i++) {
                    items[i] = next + i;
                }
                next += queue.offerMany(items, 0, items.length);
            }
        }
    }
}
