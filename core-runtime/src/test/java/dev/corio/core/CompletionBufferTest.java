package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class CompletionBufferTest {
    private final CompletionBuffer buffer = new CompletionBuffer();

    @Test
    void handsOutWhatWasAddedInOrder() {
        Random random = Seed.random("CompletionBufferTest");
        ArrayDeque<List<Number>> model = new ArrayDeque<>();
        for (int round = 0; round < 2_000; round++) {
            for (int i = random.nextInt(200); i > 0; i--) {
                add(model, random);
            }
            int limit = 1 + random.nextInt(300);
            int expected = Math.min(model.size(), limit);
            int count =
                    buffer.drain(
                            (userData, result, flags) -> {
                                assertEquals(model.poll(), List.of(userData, result, flags));
                                // A completion makes room, and its next step fills it again.
                                for (int i = random.nextInt(3); i > 0; i--) {
                                    add(model, random);
                                }
                            },
                            limit);
            assertEquals(expected, count, "hands out what was there, not what came meanwhile");
            assertEquals(model.size(), buffer.size());
            if (model.size() > 5000) {
                buffer.drain(
                        (userData, result, flags) ->
                                assertEquals(model.poll(), List.of(userData, result, flags)),
                        Integer.MAX_VALUE);
                assertTrue(buffer.isEmpty());
            }
        }
    }

    private void add(ArrayDeque<List<Number>> model, Random random) {
        long userData = random.nextLong();
        int result = random.nextInt();
        int flags = random.nextInt();
        buffer.add(userData, result, flags);
        model.add(List.of(userData, result, flags));
    }
}
