package dev.corio.uring;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.SyscallException;

/// Rings for tests, where there is io_uring.
final class TestRings {
    private TestRings() {}

    static RingFeatures features() throws SyscallException {
        String reason = IoUring.unavailabilityReason();
        assumeTrue(reason == null, () -> "io_uring unavailable: " + reason);
        return RingFeatures.probe();
    }

    static RingFeatures featuresWith(RingFeature feature) throws SyscallException {
        RingFeatures features = features();
        assumeTrue(features.has(feature), () -> "the kernel lacks " + feature);
        return features;
    }

    static Ring open(int entries, int completionEntries) throws SyscallException {
        return Ring.open(new RingOptions(entries, completionEntries, features()));
    }

    static Ring openWith(RingFeature feature) throws SyscallException {
        return Ring.open(new RingOptions(32, 64, featuresWith(feature)));
    }

    static Sqe next(Ring ring) {
        Sqe sqe = ring.submissions().next();
        assertNotNull(sqe, "the submission queue is full");
        return sqe;
    }
}
