package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A oneshot against an item, who waits for it and who waits for its end.
final class LocalOneshotModelTest {
    @Test
    void oneshotDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalOneshotModelTest", 8, Model::new);
    }

    private static final class Model extends Crew.Model {
        private LocalOneshot<Integer> oneshot = new LocalOneshot<>();
        private final Deque<Integer> receivers = new ArrayDeque<>();
        private final Deque<Integer> watchers = new ArrayDeque<>();
        private Integer item;
        private boolean sent;
        private boolean closed;
        private int lastItem;

        @Override
        void compare() {
            assertEquals(closed, oneshot.isClosed());
            assertEquals(closed && item == null, oneshot.isDrained());
        }

        @Override
        void dontWait(Crew crew, Random random) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    int sending = ++lastItem;
                    Object expected =
                            sent
                                    ? "java.lang.IllegalStateException: a LocalOneshot"
                                            + " takes one item, and has had it"
                                    : closed ? Crew.closed(sending) : "done";
                    assertEquals(expected, Crew.outcomeOf(Crew.call(() -> oneshot.send(sending))));
                    if (expected.equals("done")) {
                        sent = true;
                        if (receivers.isEmpty()) {
                            item = sending;
                        } else {
                            crew.expect(receivers.poll(), sending);
                            end(crew);
                        }
                    }
                }
                case 2 -> {
                    assertEquals(item, oneshot.tryReceive());
                    if (item != null) {
                        item = null;
                        end(crew);
                    }
                }
                case 3 -> {
                    if (random.nextInt(5) == 0) {
                        oneshot.close();
                        end(crew);
                    }
                }
                default -> {
                    if (closed && item == null) {
                        oneshot = new LocalOneshot<>();
                        sent = false;
                        closed = false;
                    }
                }
            }
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            if (random.nextInt(3) == 0) {
                crew.begin(member, Crew.call(oneshot::awaitClosed));
                if (closed) {
                    crew.expect(member, "done");
                } else {
                    watchers.add(member);
                }
                return;
            }
            crew.begin(member, oneshot::receive);
            if (item != null) {
                crew.expect(member, item);
                item = null;
                end(crew);
            } else if (closed) {
                crew.expect(member, "null");
            } else {
                receivers.add(member);
            }
        }

        @Override
        void giveUp(Crew crew, int member) {
            receivers.remove(member);
            watchers.remove(member);
        }

        private void end(Crew crew) {
            closed = true;
            receivers.forEach(member -> crew.expect(member, "null"));
            watchers.forEach(member -> crew.expect(member, "done"));
            receivers.clear();
            watchers.clear();
        }
    }
}
