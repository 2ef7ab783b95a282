package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A broadcast against a list of all that was ever sent.
final class LocalBroadcastModelTest {
    @Test
    void broadcastDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalBroadcastModelTest", 8, Model::new);
    }

    private static final class Model extends Crew.Model {
        private static final int RECEIVERS = 4;

        private record Wait(int member, int receiver) {}

        private final List<Wait> waits = new ArrayList<>();
        private final List<LocalBroadcast.Receiver<Integer>> receivers = new ArrayList<>();
        private final int[] positions = new int[RECEIVERS];
        private List<Integer> items;
        private LocalBroadcast<Integer> broadcast;
        private boolean closed;

        Model() {
            open(3);
        }

        private void open(int capacity) {
            broadcast = new LocalBroadcast<>(capacity);
            receivers.clear();
            items = new ArrayList<>();
            closed = false;
            for (int i = 0; i < RECEIVERS; i++) {
                receivers.add(broadcast.subscribe());
                positions[i] = 0;
            }
        }

        @Override
        void compare() {
            for (int i = 0; i < RECEIVERS; i++) {
                assertEquals(items.size() - positions[i], receivers.get(i).size());
            }
        }

        @Override
        void dontWait(Crew crew, Random random) {
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    int item = items.size();
                    Object expected = closed ? Crew.closed(item) : "done";
                    assertEquals(expected, Crew.outcomeOf(Crew.call(() -> broadcast.send(item))));
                    if (!closed) {
                        items.add(item);
                        for (Wait wait : List.copyOf(waits)) {
                            if (positions[wait.receiver()] < items.size()) {
                                positions[wait.receiver()] = items.size();
                                crew.expect(wait.member(), item);
                                waits.remove(wait);
                            }
                        }
                    }
                }
                case 2 -> {
                    int receiver = random.nextInt(RECEIVERS);
                    assertEquals(
                            next(receiver), Crew.outcomeOf(receivers.get(receiver)::tryReceive));
                }
                default -> {
                    if (random.nextInt(50) == 0) {
                        broadcast.close();
                        closed = true;
                        waits.forEach(wait -> crew.expect(wait.member(), "null"));
                        waits.clear();
                    } else if (closed && random.nextInt(10) == 0) {
                        open(1 + random.nextInt(5));
                    }
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
            int oldest = items.size() - broadcast.capacity();
            if (positions[receiver] < oldest) {
                int missed = oldest - positions[receiver];
                positions[receiver] = oldest;
                return Crew.lagged(missed);
            }
            return positions[receiver] == items.size() ? "null" : items.get(positions[receiver]++);
        }
    }
}
