package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A watch against a number and what each receiver has seen of it.
final class LocalWatchModelTest {
    @Test
    void watchDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalWatchModelTest", 8, Model::new);
    }

    private static final class Model extends Crew.Model {
        private static final int RECEIVERS = 4;

        private record Wait(int member, int receiver) {}

        private final List<Wait> waits = new ArrayList<>();
        private final List<LocalWatch.Receiver<Integer>> receivers = new ArrayList<>();
        private final int[] seen = new int[RECEIVERS];
        private LocalWatch<Integer> watch;
        private int value;
        private boolean closed;

        Model() {
            open();
        }

        private void open() {
            watch = new LocalWatch<>(0);
            receivers.clear();
            value = 0;
            closed = false;
            for (int i = 0; i < RECEIVERS; i++) {
                receivers.add(watch.subscribe());
                seen[i] = 0;
            }
        }

        @Override
        void compare() {
            assertEquals(value, watch.value());
            assertEquals(value, watch.version());
            for (int i = 0; i < RECEIVERS; i++) {
                assertEquals(value != seen[i], receivers.get(i).hasChanged());
            }
        }

        @Override
        void dontWait(Crew crew, Random random) {
            switch (random.nextInt(4)) {
                case 0, 1 -> set(crew);
                case 2 -> {
                    int receiver = random.nextInt(RECEIVERS);
                    assertEquals(
                            next(receiver), Crew.outcomeOf(receivers.get(receiver)::tryReceive));
                }
                default -> {
                    if (random.nextInt(50) == 0) {
                        watch.close();
                        closed = true;
                        waits.forEach(wait -> crew.expect(wait.member(), "null"));
                        waits.clear();
                    } else if (closed && random.nextInt(10) == 0) {
                        open();
                    }
                }
            }
        }

        private void set(Crew crew) {
            int next = value + 1;
            Object expected = closed ? Crew.closed(next) : "done";
            assertEquals(expected, Crew.outcomeOf(Crew.call(() -> watch.set(next))));
            if (closed) {
                return;
            }
            value = next;
            for (Wait wait : List.copyOf(waits)) {
                if (seen[wait.receiver()] < value) {
                    seen[wait.receiver()] = value;
                    crew.expect(wait.member(), value);
                    waits.remove(wait);
                }
            }
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            int receiver = random.nextInt(RECEIVERS);
            crew.begin(member, receivers.get(receiver)::receive);
            Object next = next(receiver);
            if (closed || !next.equals("null")) {
                crew.expect(member, next);
            } else {
                waits.add(new Wait(member, receiver));
            }
        }

        @Override
        void giveUp(Crew crew, int member) {
            waits.removeIf(wait -> wait.member() == member);
        }

        private Object next(int receiver) {
            if (seen[receiver] == value) {
                return "null";
            }
            seen[receiver] = value;
            return value;
        }
    }
}
