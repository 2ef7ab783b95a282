package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// A gate against a count and who waits for it to be zero.
final class LocalGateModelTest {
    @Test
    void gateDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalGateModelTest", 8, Model::new);
    }

    private static final class Model extends Crew.Model {
        private LocalGate gate = new LocalGate();
        private final Set<Integer> waits = new TreeSet<>();
        private int inside;
        private boolean closed;

        @Override
        void compare() {
            assertEquals(inside, gate.inside());
            assertEquals(closed, gate.isClosed());
        }

        @Override
        void dontWait(Crew crew, Random random) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    assertEquals(!closed, gate.tryEnter());
                    inside += closed ? 0 : 1;
                }
                case 2, 3 -> {
                    if (inside > 0) {
                        gate.leave();
                        if (--inside == 0) {
                            waits.forEach(member -> crew.expect(member, "done"));
                            waits.clear();
                        }
                    }
                }
                default -> {
                    if (!closed && random.nextInt(10) == 0) {
                        gate.close();
                        closed = true;
                    } else if (closed && inside == 0) {
                        gate = new LocalGate();
                        closed = false;
                    }
                }
            }
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            crew.begin(member, Crew.call(gate::awaitEmpty));
            if (inside == 0) {
                crew.expect(member, "done");
            } else {
                waits.add(member);
            }
        }

        @Override
        void giveUp(Crew crew, int member) {
            waits.remove(member);
        }
    }
}
