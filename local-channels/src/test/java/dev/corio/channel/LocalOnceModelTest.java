package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A value against the one who makes it and the list of who waits.
final class LocalOnceModelTest {
    private static final int MEMBERS = 8;
    private static final int NOBODY = -1;

    @Test
    void onceDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalOnceModelTest", MEMBERS, Model::new);
    }

    private static final class Model extends Crew.Model {
        private final Deque<Integer> waits = new ArrayDeque<>();
        private final LocalOneshot<?>[] makings = new LocalOneshot<?>[MEMBERS];
        private LocalOnce<Integer> once = new LocalOnce<>();
        private int maker = NOBODY;
        private boolean isMaking;
        private Integer value;
        private int lastValue;

        @Override
        void compare() {
            assertEquals(value, once.valueOrNull());
            // What came of the last step has run: whoever is to make it does.
            isMaking = maker != NOBODY;
        }

        @Override
        void dontWait(Crew crew, Random random) {
            if (isMaking && random.nextInt(3) == 0) {
                isMaking = false;
                crew.expect(maker, "java.io.IOException: on purpose");
                makings[maker].close();
                passOn();
            } else if (value != null && random.nextInt(4) == 0) {
                once = new LocalOnce<>();
                value = null;
            }
        }

        /// Making it in the same step as the calls would make it before those that were interrupted
        /// could give up.
        @Override
        void mayWait(Crew crew, Random random, int member) {
            if (isMaking && random.nextInt(4) == 0) {
                made(crew);
                return;
            }
            LocalOneshot<Integer> making = new LocalOneshot<>();
            makings[member] = making;
            LocalOnce<Integer> asked = once;
            crew.begin(member, () -> asked.get(() -> make(making)));
            if (value != null) {
                crew.expect(member, value);
            } else if (maker == NOBODY) {
                maker = member;
            } else {
                waits.add(member);
            }
        }

        @Override
        void giveUp(Crew crew, int member) {
            if (member == maker) {
                isMaking = false;
                passOn();
            } else {
                waits.remove(member);
            }
        }

        @SuppressWarnings("unchecked") // made in mayWait
        private void made(Crew crew) {
            isMaking = false;
            value = ++lastValue;
            ((LocalOneshot<Integer>) makings[maker]).send(value);
            crew.expect(maker, value);
            waits.forEach(member -> crew.expect(member, value));
            waits.clear();
            maker = NOBODY;
        }

        private void passOn() {
            maker = waits.isEmpty() ? NOBODY : waits.poll();
        }

        private static Integer make(LocalOneshot<Integer> making) throws Exception {
            Integer made = making.receive();
            if (made == null) {
                throw new IOException("on purpose");
            }
            return made;
        }
    }
}
