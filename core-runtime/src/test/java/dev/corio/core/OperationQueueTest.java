package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.corio.uring.Sqe;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class OperationQueueTest {
    private final OperationQueue queue = new OperationQueue();

    @Test
    void keepsTheOrderWhereverOneIsRemoved() {
        Random random = Seed.random("OperationQueueTest");
        List<Operation> model = new ArrayList<>();
        List<Operation> idle = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            idle.add(Request.of(Sqe::nop));
        }
        for (int round = 0; round < 50_000; round++) {
            switch (random.nextInt(3)) {
                case 0 -> {
                    if (!idle.isEmpty()) {
                        Operation operation = idle.remove(random.nextInt(idle.size()));
                        queue.add(operation);
                        model.add(operation);
                    }
                }
                case 1 -> {
                    Operation first = queue.poll();
                    assertSame(model.isEmpty() ? null : model.removeFirst(), first);
                    if (first != null) {
                        idle.add(first);
                    }
                }
                default -> {
                    if (!model.isEmpty()) {
                        Operation any = model.remove(random.nextInt(model.size()));
                        queue.remove(any);
                        assertNull(any.queue);
                        idle.add(any);
                    }
                }
            }
            assertEquals(model.isEmpty(), queue.isEmpty());
            assertSame(model.isEmpty() ? null : model.getFirst(), queue.peek());
        }
        for (Operation each : model) {
            assertSame(each, queue.poll());
        }
    }

    @Test
    void operationIsInOneQueueAtMost() {
        Operation operation = Request.of(Sqe::nop);
        queue.add(operation);
        assertThrows(AssertionError.class, () -> new OperationQueue().add(operation));
        assertThrows(AssertionError.class, () -> new OperationQueue().remove(operation));
    }
}
