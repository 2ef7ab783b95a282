package dev.corio.uring;

import dev.corio.linux.Errno;
import java.util.Map;
import java.util.TreeMap;

/// Runs in a child JVM: rounds of operations on a ring whose system calls fail now and then. Prints
/// the errors it met; exits with 0 if each operation completed exactly once all the same.
final class NopRounds {
    private static final int ROUNDS = 50;
    private static final int PER_ROUND = 4;

    private static final Map<String, Integer> ERRORS = new TreeMap<>();
    private static long expected;

    private NopRounds() {}

    public static void main(String[] arguments) throws Exception {
        // A probe would meet the errors too.
        try (Ring ring = Ring.open(new RingOptions(8, 16, RingFeatures.none()))) {
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < PER_ROUND; i++) {
                    TestRings.next(ring).nop().userData((long) round * PER_ROUND + i);
                }
                long end = (round + 1L) * PER_ROUND;
                while (expected < end) {
                    count(ring.submitAndWait(-1));
                    ring.completions().drain(NopRounds::check, Integer.MAX_VALUE);
                }
                if (ring.submissions().pending() != 0) {
                    throw new AssertionError("completed but still pending");
                }
            }
        }
        System.out.println(ERRORS);
    }

    private static void count(int result) {
        if (result < 0) {
            ERRORS.merge(Errno.name(-result), 1, Integer::sum);
        }
    }

    private static void check(long userData, int result, int flags) {
        if (userData != expected || result != 0) {
            throw new AssertionError("expected " + expected + ", was " + userData + ": " + result);
        }
        expected++;
    }
}
