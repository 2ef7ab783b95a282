package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.corio.core.Core;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A mesh against a list of items for each pair, and who waits there. Its cores are all the same
/// one, so that what happens next is known.
final class MeshModelTest {
    private static final int PORTS = 3;
    private static final int CAPACITY = 4;

    @Test
    void meshDoesWhatItsModelDoes() throws Exception {
        Crew.runTurnByTurn("MeshModelTest", 8, Model::new);
    }

    private record Wait(int member, Integer item) {}

    /// The channel of one pair.
    private static final class Line {
        final Deque<Integer> items = new ArrayDeque<>();
        final Deque<Wait> senders = new ArrayDeque<>();
        boolean closed;
    }

    /// The receiving side of one core.
    private static final class Inbox {
        /// Those whose end has not been received, and with which the next look begins.
        final List<Integer> open = new ArrayList<>();

        int firstIndex;
        int nextDrained;
        int sender = -1;

        /// Who waits to receive.
        Integer member;
    }

    private static final class Model extends Crew.Model {
        private Mesh<Integer> mesh;
        private List<Mesh<Integer>.Port> ports;
        private Line[][] lines;
        private List<Inbox> inboxes;
        private int lastItem;

        Model() {
            open();
        }

        private void open() {
            mesh = new Mesh<>(Collections.nCopies(PORTS, Core.current()), CAPACITY);
            ports = new ArrayList<>();
            lines = new Line[PORTS][PORTS];
            inboxes = new ArrayList<>();
            for (int i = 0; i < PORTS; i++) {
                ports.add(mesh.new Port(i));
                Inbox inbox = new Inbox();
                for (int k = 0; k < PORTS; k++) {
                    lines[i][k] = new Line();
                    inbox.open.add(k);
                }
                inboxes.add(inbox);
            }
        }

        @Override
        void compare() {
            for (int to = 0; to < PORTS; to++) {
                boolean drained = true;
                for (int from = 0; from < PORTS; from++) {
                    Line line = lines[from][to];
                    assertEquals(line.items.size(), mesh.channel(from, to).size());
                    assertEquals(line.closed, mesh.channel(from, to).isClosed());
                    drained &= mesh.channel(from, to).isDrained();
                }
                assertEquals(drained, ports.get(to).isDrained());
                assertEquals(inboxes.get(to).sender, ports.get(to).sender());
            }
        }

        @Override
        void dontWait(Crew crew, Random random) {
            int from = random.nextInt(PORTS);
            int to = random.nextInt(PORTS);
            boolean isFree = inboxes.get(to).member == null;
            switch (random.nextInt(8)) {
                case 0, 1, 2, 3 -> {
                    int item = ++lastItem;
                    Line line = lines[from][to];
                    Object expected =
                            line.closed ? Crew.closed(item) : line.items.size() < CAPACITY;
                    assertEquals(expected, Crew.outcomeOf(() -> ports.get(from).trySend(to, item)));
                    if (expected.equals(true)) {
                        line.items.add(item);
                        deliver(crew, to);
                    }
                }
                case 4, 5 -> {
                    if (isFree) {
                        assertEquals(take(crew, to), ports.get(to).tryReceive());
                    }
                }
                case 6 -> {
                    if (isFree) {
                        int limit = random.nextInt(2 * CAPACITY);
                        List<Integer> drained = new ArrayList<>();
                        List<Integer> expected = drain(crew, to, limit);
                        assertEquals(expected.size(), ports.get(to).drain(drained::add, limit));
                        assertEquals(expected, drained);
                    }
                }
                default -> {
                    if (random.nextInt(50) == 0) {
                        close(crew, from);
                    } else if (isOver()) {
                        open();
                    }
                }
            }
        }

        private void close(Crew crew, int from) {
            ports.get(from).close();
            for (int to = 0; to < PORTS; to++) {
                Line line = lines[from][to];
                line.closed = true;
                line.senders.forEach(wait -> crew.expect(wait.member(), Crew.closed(wait.item())));
                line.senders.clear();
                deliver(crew, to);
            }
        }

        private boolean isOver() {
            for (int i = 0; i < PORTS; i++) {
                if (!ports.get(i).isDrained() || inboxes.get(i).member != null) {
                    return false;
                }
            }
            return true;
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            int from = random.nextInt(PORTS);
            int to = random.nextInt(PORTS);
            Inbox inbox = inboxes.get(to);
            if (random.nextInt(3) > 0) {
                send(crew, member, from, to);
            } else if (inbox.member == null) {
                if (random.nextBoolean()) {
                    crew.begin(member, ports.get(to)::receive);
                    inbox.member = member;
                    deliver(crew, to);
                } else {
                    receiveMany(crew, member, to);
                }
            }
        }

        private void send(Crew crew, int member, int from, int to) {
            int item = ++lastItem;
            Line line = lines[from][to];
            crew.begin(member, Crew.call(() -> ports.get(from).send(to, item)));
            if (line.closed) {
                crew.expect(member, Crew.closed(item));
            } else if (line.items.size() < CAPACITY) {
                line.items.add(item);
                crew.expect(member, "done");
                deliver(crew, to);
            } else {
                line.senders.add(new Wait(member, item));
            }
        }

        /// Only where there is something, for then it ends at once.
        private void receiveMany(Crew crew, int member, int to) {
            List<Integer> expected = drain(crew, to, CAPACITY);
            if (!expected.isEmpty()) {
                crew.begin(
                        member,
                        () -> {
                            List<Integer> received = new ArrayList<>();
                            ports.get(to).receiveMany(received::add, CAPACITY);
                            return received;
                        });
                crew.expect(member, expected);
            }
        }

        @Override
        void giveUp(Crew crew, int member) {
            for (Line[] outgoing : lines) {
                for (Line line : outgoing) {
                    line.senders.removeIf(wait -> wait.member() == member);
                }
            }
            for (Inbox inbox : inboxes) {
                if (inbox.member != null && inbox.member == member) {
                    inbox.member = null;
                }
            }
        }

        /// Gives the one who waits the next item, or the end.
        private void deliver(Crew crew, int to) {
            Inbox inbox = inboxes.get(to);
            if (inbox.member == null) {
                return;
            }
            Integer item = take(crew, to);
            if (item != null || inbox.open.isEmpty()) {
                crew.expect(inbox.member, item == null ? "null" : item);
                inbox.member = null;
            }
        }

        /// The next item, each sender in its turn.
        private Integer take(Crew crew, int to) {
            Inbox inbox = inboxes.get(to);
            for (int i = 0; i < inbox.open.size(); i++) {
                int place = (inbox.firstIndex + i) % inbox.open.size();
                int from = inbox.open.get(place);
                Line line = lines[from][to];
                if (!line.items.isEmpty()) {
                    inbox.firstIndex = (place + 1) % inbox.open.size();
                    inbox.sender = from;
                    Integer item = line.items.poll();
                    letIn(crew, line);
                    return item;
                }
                if (line.closed) {
                    inbox.open.remove(place);
                    inbox.firstIndex = 0;
                    return take(crew, to);
                }
            }
            return null;
        }

        private List<Integer> drain(Crew crew, int to, int limit) {
            Inbox inbox = inboxes.get(to);
            List<Integer> drained = new ArrayList<>();
            for (int i = 0; i < PORTS && drained.size() < limit; i++) {
                int from = inbox.nextDrained;
                inbox.nextDrained = (from + 1) % PORTS;
                Line line = lines[from][to];
                for (int left = line.items.size(); left > 0 && drained.size() < limit; left--) {
                    drained.add(line.items.poll());
                    inbox.sender = from;
                }
                letIn(crew, line);
            }
            return drained;
        }

        /// Nothing goes to a receiver by this: whoever made room was the receiver.
        private static void letIn(Crew crew, Line line) {
            while (!line.senders.isEmpty() && line.items.size() < CAPACITY) {
                Wait sender = line.senders.poll();
                line.items.add(sender.item());
                crew.expect(sender.member(), "done");
            }
        }
    }
}
