package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Selects that compete with each other and with plain calls, against lists of who waits for what.
final class SelectModelTest {
    private static final int MEMBERS = 8;
    private static final int RECEIVING = 3;
    private static final int SENDING = 2;
    private static final int EVENT = RECEIVING + SENDING;
    private static final int CASES = EVENT + 1;

    @Test
    void selectDoesWhatItsModelDoes() throws Exception {
        Crew.run("SelectModelTest", MEMBERS, Model::new);
    }

    /// One who waits: to send an item, or to receive (no item); in a select or not.
    private record Wait(int member, Integer item, boolean isSelect) {}

    /// A channel beside its model. The first ones are those that selects receive from, the others
    /// those that they send into.
    private static final class Line {
        final LocalChannel<Integer> channel;
        final int capacity;
        final Deque<Integer> items = new ArrayDeque<>();
        final Deque<Wait> senders = new ArrayDeque<>();
        final Deque<Wait> receivers = new ArrayDeque<>();
        boolean closed;

        Line(int capacity) {
            this.capacity = capacity;
            channel = LocalChannel.bounded(capacity);
        }

        boolean hasRoom() {
            return items.size() < capacity;
        }
    }

    /// The select of one member, and at which of its cases the next look begins.
    private static final class Chooser {
        final Select select;
        final boolean fair;
        final List<Case<?>> cases = new ArrayList<>();
        int firstIndex;

        Chooser(boolean fair, Line[] lines, LocalEvent event) {
            this.fair = fair;
            select = fair ? Select.fair() : Select.inOrder();
            for (int i = 0; i < RECEIVING; i++) {
                cases.add(select.receive(lines[i].channel));
            }
            for (int i = RECEIVING; i < EVENT; i++) {
                cases.add(select.send(lines[i].channel, 0));
            }
            cases.add(select.event(event));
            select.after(Duration.ofDays(1));
        }

        @SuppressWarnings("unchecked") // as they were added
        Object await(int item) throws InterruptedException {
            for (int i = RECEIVING; i < EVENT; i++) {
                ((SendCase<Integer>) cases.get(i)).item(item);
            }
            return outcome(select.await());
        }

        Object outcome(Case<?> first) {
            return said(cases.indexOf(first), Crew.outcomeOf(first::value));
        }

        static String said(int index, Object value) {
            return index + ": " + value;
        }

        void answered(int index) {
            // Behind the event is a time that never comes.
            firstIndex = fair ? index + 1 : 0;
        }
    }

    private static final class Model extends Crew.Model {
        private final Line[] lines = new Line[EVENT];
        private final Chooser[] choosers = new Chooser[MEMBERS];
        private final LocalEvent event = new LocalEvent();
        private final List<Integer> eventWaits = new ArrayList<>();
        private boolean set;
        private int lastItem;

        Model() {
            open(new Random(1));
        }

        private void open(Random random) {
            Arrays.setAll(lines, i -> new Line(1 + random.nextInt(2)));
            Arrays.setAll(choosers, i -> new Chooser(random.nextInt(3) > 0, lines, event));
        }

        @Override
        void compare() {
            for (Line line : lines) {
                assertEquals(line.items.size(), line.channel.size());
            }
        }

        @Override
        void dontWait(Crew crew, Random random) {
            Line line = lines[random.nextInt(EVENT)];
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    int item = ++lastItem;
                    Object expected = line.closed ? Crew.closed(item) : line.hasRoom();
                    assertEquals(expected, Crew.outcomeOf(() -> line.channel.trySend(item)));
                    if (expected.equals(true)) {
                        line.items.add(item);
                        settle(crew, line);
                    }
                }
                case 3, 4, 5 -> {
                    assertEquals(line.items.poll(), line.channel.tryReceive());
                    settle(crew, line);
                }
                case 6 -> happen(crew, random);
                default -> {
                    if (random.nextInt(30) == 0) {
                        close(crew, line);
                    } else if (random.nextInt(10) == 0 && isQuiet()) {
                        open(random);
                    }
                }
            }
        }

        private void happen(Crew crew, Random random) {
            set = random.nextInt(3) == 0;
            if (!set) {
                event.reset();
                return;
            }
            event.set();
            for (int member : List.copyOf(eventWaits)) {
                win(crew, member, EVENT, "null");
            }
        }

        private void close(Crew crew, Line line) {
            line.channel.close();
            line.closed = true;
            Wait wait;
            while ((wait = line.senders.poll()) != null) {
                grant(crew, line, wait, Crew.closed(wait.item()));
            }
            settle(crew, line);
        }

        private boolean isQuiet() {
            return eventWaits.isEmpty()
                    && Arrays.stream(lines)
                            .allMatch(line -> line.senders.isEmpty() && line.receivers.isEmpty());
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            int item = ++lastItem;
            if (random.nextInt(3) > 0) {
                crew.begin(member, () -> choosers[member].await(item));
                select(crew, member, item);
                return;
            }
            Line line = lines[random.nextInt(EVENT)];
            if (random.nextBoolean()) {
                crew.begin(member, line.channel::receive);
                line.receivers.add(new Wait(member, null, false));
            } else {
                crew.begin(member, Crew.call(() -> line.channel.send(item)));
                if (line.closed) {
                    crew.expect(member, Crew.closed(item));
                } else {
                    line.senders.add(new Wait(member, item, false));
                }
            }
            settle(crew, line);
        }

        private void select(Crew crew, int member, int item) {
            int begin = choosers[member].firstIndex;
            for (int i = 0; i < CASES + 1; i++) {
                int index = (begin + i) % (CASES + 1);
                if (index < CASES && isReady(index)) {
                    win(crew, member, index, take(index, item));
                    if (index < EVENT) {
                        settle(crew, lines[index]);
                    }
                    return;
                }
            }
            for (int i = 0; i < RECEIVING; i++) {
                lines[i].receivers.add(new Wait(member, null, true));
            }
            for (int i = RECEIVING; i < EVENT; i++) {
                lines[i].senders.add(new Wait(member, item, true));
            }
            eventWaits.add(member);
        }

        private boolean isReady(int index) {
            if (index == EVENT) {
                return set;
            }
            Line line = lines[index];
            return line.closed || (index < RECEIVING ? !line.items.isEmpty() : line.hasRoom());
        }

        /// Takes what is ready, or the end.
        private Object take(int index, int item) {
            if (index == EVENT) {
                return "null";
            }
            Line line = lines[index];
            if (index < RECEIVING) {
                return line.items.isEmpty() ? "null" : line.items.poll();
            }
            if (line.closed) {
                return Crew.closed(item);
            }
            line.items.add(item);
            return item;
        }

        /// Moves items as long as somebody waits for that.
        private void settle(Crew crew, Line line) {
            boolean moved = true;
            while (moved) {
                moved = false;
                if (!line.senders.isEmpty() && line.hasRoom()) {
                    Wait sender = line.senders.poll();
                    line.items.add(sender.item());
                    grant(crew, line, sender, sender.isSelect() ? sender.item() : "done");
                    moved = true;
                }
                if (!line.receivers.isEmpty() && !line.items.isEmpty()) {
                    grant(crew, line, line.receivers.poll(), line.items.poll());
                    moved = true;
                }
            }
            if (line.closed && line.items.isEmpty()) {
                Wait wait;
                while ((wait = line.receivers.poll()) != null) {
                    grant(crew, line, wait, "null");
                }
            }
        }

        private void grant(Crew crew, Line line, Wait wait, Object value) {
            if (wait.isSelect()) {
                win(crew, wait.member(), List.of(lines).indexOf(line), value);
            } else {
                crew.expect(wait.member(), value);
            }
        }

        /// The others of the select wait no more.
        private void win(Crew crew, int member, int index, Object value) {
            giveUp(crew, member);
            choosers[member].answered(index);
            crew.expect(member, Chooser.said(index, value));
        }

        @Override
        void giveUp(Crew crew, int member) {
            for (Line line : lines) {
                line.senders.removeIf(wait -> wait.member() == member);
                line.receivers.removeIf(wait -> wait.member() == member);
            }
            eventWaits.remove((Integer) member);
        }
    }
}
