package dev.corio.uring;

import java.util.ArrayList;
import java.util.List;

/// Completions that a test has seen, in their order.
final class Completions implements CompletionQueue.Handler {
    record Completion(long userData, int result, int flags) {}

    private final Ring ring;
    private final List<Completion> seen = new ArrayList<>();

    Completions(Ring ring) {
        this.ring = ring;
    }

    @Override
    public void onCompletion(long userData, int result, int flags) {
        seen.add(new Completion(userData, result, flags));
    }

    /// Submits and waits until there are `count` more; answers those.
    List<Completion> await(int count) {
        long deadline = System.nanoTime() + 10_000_000_000L;
        int start = seen.size();
        while (seen.size() < start + count) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no completion in 10 s; so far " + seen);
            }
            if (ring.features().has(RingFeature.EXT_ARG)) {
                ring.submitAndWait(100_000_000);
            } else {
                ring.submitAndGet();
                Thread.onSpinWait();
            }
            ring.completions().drain(this, Integer.MAX_VALUE);
        }
        return List.copyOf(seen.subList(start, seen.size()));
    }

    Completion awaitOne() {
        List<Completion> completions = await(1);
        if (completions.size() != 1) {
            throw new AssertionError("one was expected: " + completions);
        }
        return completions.getFirst();
    }

    /// Submits and looks; answers what came, after a while in which nothing should.
    List<Completion> lookFor(long millis) throws InterruptedException {
        int start = seen.size();
        ring.submitAndGet();
        Thread.sleep(millis);
        ring.submitAndGet();
        ring.completions().drain(this, Integer.MAX_VALUE);
        return List.copyOf(seen.subList(start, seen.size()));
    }

    List<Completion> seen() {
        return seen;
    }
}
