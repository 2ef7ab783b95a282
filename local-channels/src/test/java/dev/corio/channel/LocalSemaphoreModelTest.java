package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A semaphore against a number and a list of who waits for how many.
final class LocalSemaphoreModelTest {
    private static final int MEMBERS = 8;

    @Test
    void semaphoreDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalSemaphoreModelTest", MEMBERS, Model::new);
    }

    private record Wait(int member, int count) {}

    private static final class Model extends Crew.Model {
        private final Deque<Wait> waits = new ArrayDeque<>();
        private LocalSemaphore semaphore = new LocalSemaphore(3);
        private int permits = 3;
        private int available = 3;
        private boolean closed;

        @Override
        void compare() {
            assertEquals(available, semaphore.available());
            assertEquals(permits, semaphore.permits());
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            int count = 1 + random.nextInt(4);
            crew.begin(member, Crew.call(() -> semaphore.acquire(count)));
            if (closed) {
                crew.expect(member, Crew.closed(null));
            } else {
                waits.add(new Wait(member, count));
                settle(crew);
            }
        }

        @Override
        void giveUp(Crew crew, int member) {
            waits.removeIf(wait -> wait.member() == member);
            settle(crew);
        }

        @Override
        void dontWait(Crew crew, Random random) {
            int count = 1 + random.nextInt(3);
            switch (random.nextInt(3)) {
                case 0 -> {
                    Object expected =
                            closed
                                    ? Crew.closed(null)
                                    : (Object) (waits.isEmpty() && available >= count);
                    assertEquals(expected, Crew.outcomeOf(() -> semaphore.tryAcquire(count)));
                    if (expected.equals(true)) {
                        available -= count;
                    }
                }
                case 1 -> {
                    if (count <= permits - available) {
                        semaphore.release(count);
                        available += count;
                    } else if (permits < 6) {
                        semaphore.add(count);
                        permits += count;
                        available += count;
                    }
                }
                default -> {
                    if (random.nextInt(100) == 0) {
                        close(crew);
                    } else if (closed && random.nextInt(20) == 0) {
                        semaphore = new LocalSemaphore(3);
                        permits = 3;
                        available = 3;
                        closed = false;
                    }
                }
            }
            settle(crew);
        }

        private void close(Crew crew) {
            semaphore.close();
            closed = true;
            waits.forEach(wait -> crew.expect(wait.member(), Crew.closed(null)));
            waits.clear();
        }

        private void settle(Crew crew) {
            while (!waits.isEmpty() && waits.peek().count() <= available) {
                available -= waits.peek().count();
                crew.expect(waits.poll().member(), "done");
            }
        }
    }
}
