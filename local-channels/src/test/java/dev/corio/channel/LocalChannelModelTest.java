package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A channel against the plainest model of one: a list of items, a list of who waits.
final class LocalChannelModelTest {
    private static final int MEMBERS = 8;

    @Test
    void channelDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalChannelModelTest", MEMBERS, Model::new);
    }

    /// One who waits: to send an item, to reserve (no item), or to receive.
    private record Wait(int member, Integer item) {}

    private static final class Model extends Crew.Model {
        private final Deque<Integer> items = new ArrayDeque<>();
        private final Deque<Wait> senders = new ArrayDeque<>();
        private final Deque<Integer> receivers = new ArrayDeque<>();
        private final List<LocalChannel.Slot<Integer>> slots = new ArrayList<>();
        private LocalChannel<Integer> channel = LocalChannel.bounded(1);
        private int capacity = 1;
        private int reserved;
        private int lastItem;
        private boolean closed;

        @Override
        void compare() {
            assertEquals(items.size(), channel.size());
            assertEquals(closed && items.isEmpty() && reserved == 0, channel.isDrained());
        }

        private boolean isSettled() {
            return items.isEmpty() && reserved == 0 && senders.isEmpty() && receivers.isEmpty();
        }

        private void open(Random random) {
            capacity = 1 + random.nextInt(4);
            channel = LocalChannel.bounded(capacity);
            closed = false;
        }

        @Override
        void dontWait(Crew crew, Random random) {
            switch (random.nextInt(7)) {
                case 0, 1 -> {
                    int item = ++lastItem;
                    Object expected =
                            closed
                                    ? Crew.closed(item)
                                    : items.size() + reserved < capacity ? true : false;
                    assertEquals(expected, Crew.outcomeOf(() -> channel.trySend(item)));
                    if (expected.equals(true)) {
                        items.add(item);
                    }
                }
                case 2, 3 -> assertEquals(items.poll(), channel.tryReceive());
                case 4 -> {
                    int limit = random.nextInt(4);
                    List<Integer> expected = new ArrayList<>();
                    while (expected.size() < limit && !items.isEmpty()) {
                        expected.add(items.poll());
                    }
                    List<Integer> drained = new ArrayList<>();
                    assertEquals(expected.size(), channel.drain(drained::add, limit));
                    assertEquals(expected, drained);
                }
                case 5 -> {
                    if (!slots.isEmpty()) {
                        LocalChannel.Slot<Integer> slot =
                                slots.remove(random.nextInt(slots.size()));
                        reserved--;
                        if (random.nextBoolean()) {
                            slot.send(++lastItem);
                            items.add(lastItem);
                        } else {
                            slot.close();
                        }
                    }
                }
                default -> {
                    if (closed && random.nextInt(20) == 0 && isSettled()) {
                        open(random);
                    } else if (random.nextInt(50) == 0) {
                        channel.close();
                        closed = true;
                        for (Wait sender : senders) {
                            crew.expect(sender.member(), Crew.closed(sender.item()));
                        }
                        senders.clear();
                    }
                }
            }
            settle(crew);
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    int item = ++lastItem;
                    crew.begin(member, Crew.call(() -> channel.send(item)));
                    await(crew, new Wait(member, item));
                }
                case 2 -> {
                    crew.begin(member, Crew.call(() -> slots.add(channel.reserve())));
                    await(crew, new Wait(member, null));
                }
                default -> {
                    crew.begin(member, channel::receive);
                    receivers.add(member);
                }
            }
            settle(crew);
        }

        private void await(Crew crew, Wait sender) {
            if (closed) {
                crew.expect(sender.member(), Crew.closed(sender.item()));
            } else {
                senders.add(sender);
            }
        }

        @Override
        void giveUp(Crew crew, int member) {
            senders.removeIf(sender -> sender.member() == member);
            receivers.removeIf(receiver -> receiver == member);
        }

        private void settle(Crew crew) {
            boolean moved = true;
            while (moved) {
                moved = false;
                if (!senders.isEmpty() && items.size() + reserved < capacity) {
                    Wait sender = senders.poll();
                    crew.expect(sender.member(), "done");
                    if (sender.item() == null) {
                        reserved++;
                    } else {
                        items.add(sender.item());
                    }
                    moved = true;
                }
                if (!receivers.isEmpty() && !items.isEmpty()) {
                    crew.expect(receivers.poll(), items.poll());
                    moved = true;
                }
            }
            if (closed && items.isEmpty() && reserved == 0) {
                for (int receiver : receivers) {
                    crew.expect(receiver, "null");
                }
                receivers.clear();
            }
        }
    }
}
