package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// A barrier against the set of those who have come.
final class LocalBarrierModelTest {
    @Test
    void barrierDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalBarrierModelTest", 8, Model::new);
    }

    private static final class Model extends Crew.Model {
        private LocalBarrier barrier = new LocalBarrier(3);
        private final Set<Integer> waits = new TreeSet<>();
        private boolean closed;

        @Override
        void compare() {
            assertEquals(waits.size(), barrier.arrived());
        }

        @Override
        void dontWait(Crew crew, Random random) {
            if (random.nextInt(50) == 0) {
                barrier.close();
                closed = true;
                waits.forEach(member -> crew.expect(member, Crew.closed(null)));
                waits.clear();
            } else if (closed) {
                barrier = new LocalBarrier(1 + random.nextInt(6));
                closed = false;
            }
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            crew.begin(member, barrier::await);
            if (closed) {
                crew.expect(member, Crew.closed(null));
            } else if (waits.size() + 1 == barrier.parties()) {
                crew.expect(member, true);
                waits.forEach(other -> crew.expect(other, false));
                waits.clear();
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
