package dev.corio.uring;

import dev.corio.linux.SyscallException;

/// Runs in a child JVM: tries to open a ring of the size that is given and prints what it got.
final class RingOpening {
    private RingOpening() {}

    public static void main(String[] arguments) {
        int entries = Integer.parseInt(arguments[0]);
        try {
            RingFeatures features = RingFeatures.probe();
            try (Ring ring = Ring.open(new RingOptions(entries, entries * 2, features))) {
                Sqe sqe = ring.submissions().next();
                if (sqe == null || ring.submitAndWait(-1) != 1) {
                    throw new AssertionError("the ring does not work");
                }
                System.out.println("entries=" + ring.entries() + "," + ring.completionEntries());
            }
        } catch (SyscallException e) {
            System.out.println(e.errno() + " " + e.getMessage());
        }
    }
}
