package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TimersTest {
    private final Timers timers = new Timers();
    private final List<Probe> fired = new ArrayList<>();

    /// A timer that notes when it fires.
    private final class Probe extends Timer {
        private long deadline;

        @Override
        protected void fired() {
            fired.add(this);
        }
    }

    @Test
    void firesInTheOrderOfDeadlinesAndNothingEarly() {
        Random random = Seed.random("TimersTest");
        long now = random.nextLong();
        List<Probe> armed = new ArrayList<>();
        List<Probe> all = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            all.add(new Probe());
        }
        for (int round = 0; round < 20_000; round++) {
            Probe probe = all.get(random.nextInt(all.size()));
            switch (random.nextInt(8)) {
                case 0, 1, 2, 3 -> {
                    probe.deadline = now + random.nextInt(-100, 1000);
                    timers.arm(probe, probe.deadline);
                    if (!armed.contains(probe)) {
                        armed.add(probe);
                    }
                }
                case 4, 5 -> {
                    timers.cancel(probe);
                    armed.remove(probe);
                }
                default -> {
                    // Across the end of the number range, too: nanoTime may be anywhere.
                    now += random.nextInt(100);
                    fireAndCompare(armed, now);
                }
            }
            assertEquals(armed.size(), timers.size());
            assertEquals(earliest(armed, now), timers.nextDeadlineNanos());
            assertEquals(armed.contains(probe), probe.isArmed());
        }
    }

    private void fireAndCompare(List<Probe> armed, long now) {
        List<Probe> due = new ArrayList<>(armed);
        due.removeIf(each -> each.deadline - now > 0);
        due.sort(Comparator.comparingLong(each -> each.deadline - now));
        fired.clear();
        timers.fire(now);
        assertEquals(
                due.stream().map(each -> each.deadline).toList(),
                fired.stream().map(each -> each.deadline).toList());
        assertTrue(fired.containsAll(due));
        armed.removeAll(due);
    }

    private static long earliest(List<Probe> armed, long now) {
        return armed.stream().mapToLong(each -> each.deadline - now).min().stream()
                .map(each -> each + now)
                .findAny()
                .orElse(Timers.NONE);
    }

    @Test
    void nothingArmedHasNoDeadline() {
        assertEquals(Timers.NONE, timers.nextDeadlineNanos());
        Probe probe = new Probe();
        timers.arm(probe, Timers.NONE);
        assertEquals(Timers.NONE - 1, timers.nextDeadlineNanos(), "a real deadline is not NONE");
        timers.cancel(probe);
        timers.cancel(probe);
        assertEquals(Timers.NONE, timers.nextDeadlineNanos());
    }

    @Test
    void timerThatArmsItselfAgainLetsTheLoopGoOn() {
        int[] count = {0};
        Timer again =
                new Timer() {
                    @Override
                    protected void fired() {
                        count[0]++;
                        timers.arm(this, 5);
                    }
                };
        timers.arm(again, 5);
        timers.fire(10);
        assertEquals(1, count[0]);
        assertTrue(again.isArmed());
        timers.fire(10);
        assertEquals(2, count[0]);
    }

    @Test
    void timerMayCancelAnotherThatIsDueToo() {
        Probe other = new Probe();
        Timer first =
                new Timer() {
                    @Override
                    protected void fired() {
                        timers.cancel(other);
                    }
                };
        timers.arm(first, 1);
        timers.arm(other, 2);
        timers.fire(10);
        assertEquals(List.of(), fired);
        assertFalse(other.isArmed());
    }

    @Test
    void timerThatFailsLeavesTheOthersArmed() {
        Probe other = new Probe();
        Timer bad =
                new Timer() {
                    @Override
                    protected void fired() {
                        throw new IllegalStateException("bad");
                    }
                };
        timers.arm(bad, 1);
        timers.arm(other, 2);
        assertThrows(IllegalStateException.class, () -> timers.fire(10));
        assertFalse(bad.isArmed());
        timers.fire(10);
        assertEquals(List.of(other), fired);
    }
}
