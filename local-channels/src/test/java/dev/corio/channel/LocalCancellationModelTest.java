package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

/// A tree of tokens against plain lists of what hangs on each, in the order of attaching.
final class LocalCancellationModelTest {
    @Test
    void tokensDoWhatTheirModelDoes() throws Exception {
        Crew.run("LocalCancellationModelTest", 8, Model::new);
    }

    /// What hangs on a token: a child, or an action, which notes that it was done and then perhaps
    /// cancels another token, detaches something, or fails.
    private record Hanging(int number, Node child, Deed deed, int target) {}

    private enum Deed {
        NOTHING,
        CANCEL,
        DETACH,
        FAIL
    }

    private static final class Node {
        final LocalCancellation token;
        final Node parent;
        final List<Hanging> hanging = new ArrayList<>();
        final List<Integer> waits = new ArrayList<>();
        boolean cancelled;

        Node(LocalCancellation token, Node parent) {
            this.token = token;
            this.parent = parent;
        }
    }

    private static final class Model extends Crew.Model {
        private static final int TOKENS = 6;
        private static final int ATTACHMENTS = 8;

        private final Node[] nodes = new Node[TOKENS];

        /// The newest ones, and where they hang in the model.
        private final LocalCancellation.Attachment[] attachments =
                new LocalCancellation.Attachment[ATTACHMENTS];

        private final Node[] attachedTo = new Node[ATTACHMENTS];
        private final int[] attachedAs = new int[ATTACHMENTS];
        private final List<Integer> done = new ArrayList<>();
        private final List<Integer> expectedDone = new ArrayList<>();
        private int lastNumber;

        Model() {
            Arrays.setAll(nodes, i -> new Node(new LocalCancellation(), null));
        }

        @Override
        void compare() {
            assertEquals(expectedDone, done);
            done.clear();
            expectedDone.clear();
            for (Node node : nodes) {
                assertEquals(node.cancelled, node.token.isCancelled());
            }
        }

        @Override
        void dontWait(Crew crew, Random random) {
            Node node = nodes[random.nextInt(TOKENS)];
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> attach(crew, random, node);
                case 3, 4 -> detach(random.nextInt(ATTACHMENTS));
                case 5 -> {
                    if (random.nextInt(4) == 0) {
                        String failure = cancel(crew, node);
                        assertEquals(
                                failure == null ? "done" : failure,
                                Crew.outcomeOf(Crew.call(node.token::cancel)));
                    }
                }
                case 6 -> {
                    if (node.cancelled) {
                        assertThrows(CancellationException.class, node.token::check);
                    } else {
                        node.token.check();
                    }
                    if (random.nextInt(4) == 0) {
                        node.token.close();
                        leave(node);
                    }
                }
                default -> replace(crew, random, random.nextInt(TOKENS));
            }
        }

        /// Puts a token without a parent, or the child of one of the others, in the place of one
        /// that nobody waits for.
        private void replace(Crew crew, Random random, int index) {
            Node old = nodes[index];
            if (!old.waits.isEmpty()) {
                return;
            }
            Node parent = nodes[random.nextInt(TOKENS)];
            if (parent == old || random.nextInt(3) == 0) {
                nodes[index] = new Node(new LocalCancellation(), null);
                return;
            }
            Node child = new Node(parent.token.child(), parent);
            nodes[index] = child;
            if (parent.cancelled) {
                cancel(crew, child);
            } else {
                parent.hanging.add(new Hanging(0, child, Deed.NOTHING, 0));
            }
        }

        private void attach(Crew crew, Random random, Node node) {
            Hanging action =
                    new Hanging(
                            ++lastNumber,
                            null,
                            Deed.values()[random.nextInt(Deed.values().length)],
                            random.nextInt(Math.min(TOKENS, ATTACHMENTS)));
            int index = random.nextInt(ATTACHMENTS);
            if (node.cancelled) {
                String failure = carryOut(crew, action);
                assertEquals(
                        failure == null ? "done" : failure,
                        Crew.outcomeOf(
                                Crew.call(() -> node.token.attach(() -> carryOutReally(action)))));
                return;
            }
            attachments[index] = node.token.attach(() -> carryOutReally(action));
            attachedTo[index] = node;
            attachedAs[index] = action.number();
            node.hanging.add(action);
        }

        private void detach(int index) {
            if (attachments[index] != null) {
                attachments[index].close();
                forget(index);
            }
        }

        private void forget(int index) {
            if (attachedTo[index] != null) {
                int number = attachedAs[index];
                attachedTo[index].hanging.removeIf(each -> each.number() == number);
            }
        }

        private void carryOutReally(Hanging action) {
            done.add(action.number());
            switch (action.deed()) {
                case NOTHING -> {}
                case CANCEL -> nodes[action.target()].token.cancel();
                case DETACH -> {
                    if (attachments[action.target()] != null) {
                        attachments[action.target()].close();
                    }
                }
                case FAIL -> throw new IllegalStateException("number " + action.number());
            }
        }

        /// What it throws, as [Crew#outcomeOf] says it.
        private String carryOut(Crew crew, Hanging action) {
            expectedDone.add(action.number());
            return switch (action.deed()) {
                case NOTHING -> null;
                case CANCEL -> cancel(crew, nodes[action.target()]);
                case DETACH -> {
                    forget(action.target());
                    yield null;
                }
                case FAIL -> "java.lang.IllegalStateException: number " + action.number();
            };
        }

        /// The first failure of all.
        private String cancel(Crew crew, Node node) {
            if (node.cancelled) {
                return null;
            }
            node.cancelled = true;
            node.waits.forEach(member -> crew.expect(member, "done"));
            node.waits.clear();
            leave(node);
            String failure = null;
            while (!node.hanging.isEmpty()) {
                Hanging first = node.hanging.removeFirst();
                String failed =
                        first.child() == null ? carryOut(crew, first) : cancel(crew, first.child());
                failure = failure == null ? failed : failure;
            }
            return failure;
        }

        private static void leave(Node node) {
            if (node.parent != null) {
                node.parent.hanging.removeIf(each -> each.child() == node);
            }
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            Node node = nodes[random.nextInt(TOKENS)];
            crew.begin(member, Crew.call(node.token::await));
            if (node.cancelled) {
                crew.expect(member, "done");
            } else {
                node.waits.add(member);
            }
        }

        @Override
        void giveUp(Crew crew, int member) {
            for (Node node : nodes) {
                node.waits.remove((Integer) member);
            }
        }
    }
}
