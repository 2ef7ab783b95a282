package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// An event against a boolean and who waits for it.
final class LocalEventModelTest {
    @Test
    void eventDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalEventModelTest", 8, Model::new);
    }

    private static final class Model extends Crew.Model {
        private final LocalEvent event = new LocalEvent();
        private final Set<Integer> waits = new TreeSet<>();
        private boolean set;

        @Override
        void compare() {
            assertEquals(set, event.isSet());
        }

        @Override
        void dontWait(Crew crew, Random random) {
            if (random.nextInt(4) == 0) {
                event.set();
                set = true;
                waits.forEach(member -> crew.expect(member, "done"));
                waits.clear();
            } else {
                event.reset();
                set = false;
            }
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            crew.begin(member, Crew.call(event::await));
            if (set) {
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
