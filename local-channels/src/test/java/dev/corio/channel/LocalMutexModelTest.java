package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A mutex against the name of the one who has it, and a list of who waits.
final class LocalMutexModelTest {
    @Test
    void mutexDoesWhatItsModelDoes() throws Exception {
        Crew.run("LocalMutexModelTest", 8, Model::new);
    }

    private static final class Model extends Crew.Model {
        /// The task that makes the calls that do not wait.
        private static final int DRIVER = -1;

        private static final int NOBODY = -2;

        private final LocalMutex mutex = new LocalMutex();
        private final Deque<Integer> waits = new ArrayDeque<>();
        private int owner = NOBODY;

        @Override
        void compare() {
            assertEquals(owner != NOBODY, mutex.isLocked());
        }

        @Override
        void dontWait(Crew crew, Random random) {
            if (owner == DRIVER) {
                mutex.unlock();
                handOn(crew);
            } else {
                assertEquals(owner == NOBODY, mutex.tryLock());
                owner = owner == NOBODY ? DRIVER : owner;
            }
        }

        @Override
        void mayWait(Crew crew, Random random, int member) {
            if (owner == member) {
                crew.begin(member, Crew.call(mutex::unlock));
                crew.expect(member, "done");
                handOn(crew);
            } else {
                crew.begin(member, Crew.call(mutex::lock));
                waits.add(member);
                if (owner == NOBODY) {
                    handOn(crew);
                }
            }
        }

        @Override
        void giveUp(Crew crew, int member) {
            waits.remove(member);
        }

        private void handOn(Crew crew) {
            if (waits.isEmpty()) {
                owner = NOBODY;
            } else {
                owner = waits.poll();
                crew.expect(owner, "done");
            }
        }
    }
}
