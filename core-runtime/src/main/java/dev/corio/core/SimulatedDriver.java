package dev.corio.core;

import dev.corio.core.SimulatedTrace.Kind;
import dev.corio.linux.Errno;
import dev.corio.linux.Memory;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.RingFeature;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// A kernel in memory: reads the same submission queue entries and carries them out on simulated
/// sockets, in virtual time, with faults, all of it decided by one seed.
///
/// Time stands still while tasks run, but for a little for each turn and each look at the clock. A
/// wait jumps to the next thing that happens, or to its deadline. Completions of different
/// operations overtake each other; those of one direction of a socket do not.
///
/// **Threading:** confined to its core, but for [#wake].
final class SimulatedDriver implements Driver {
    private static final int CLOCK_NANOS = 10;
    private static final int JVM_SECONDS_MAX = 10;
    private static final int COMPLETIONS_OF_A_FULL_QUEUE = 1;
    private static final byte SCRIBBLE = (byte) 0xA5;
    private static final long SKEW_NANOS_MAX = 1_000_000;
    private static final long JUMP_NANOS_MAX = 10_000_000_000L;

    /// One that a sparse seed leaves out is one that an older kernel has not.
    private static final RingFeature[] OPTIONAL = {
        RingFeature.MULTISHOT_ACCEPT, RingFeature.PBUF_RING, RingFeature.MULTISHOT_RECV
    };

    private final SimulatedWorld world;
    private final Completions completions;
    private final int completionsPerTurn;
    private final SimulatedRequests requests;
    private final BufferStack buffers;

    /// The numbers of the buffers that are the driver's.
    private final BitSet group = new BitSet();

    private final Set<RingFeature> features =
            EnumSet.of(
                    RingFeature.FAST_POLL,
                    RingFeature.NODROP,
                    RingFeature.EXT_ARG,
                    RingFeature.SUBMIT_ALL);
    private final OperationQueue submitted = new OperationQueue();
    private final CompletionBuffer completed;
    private final Semaphore wakeUps = new Semaphore(0);

    private long turns;
    private long submissions;

    SimulatedDriver(
            SimulatedWorld world, CoreOptions options, InFlight inFlight, Completions completions)
            throws SyscallException {
        this.world = world;
        this.completions = completions;
        completionsPerTurn = options.completionsPerTurn();
        for (RingFeature each : OPTIONAL) {
            if (!world.chance.hits(world.faults.missingFeature())) {
                features.add(each);
            }
        }
        buffers =
                new BufferStack(
                        features.contains(RingFeature.PBUF_RING) ? options.groupBuffers() : 0);
        requests = new SimulatedRequests(world, buffers, inFlight.entriesMax());
        completed = requests.completed;
    }

    SimulatedKernel kernel() {
        return requests.kernel();
    }

    @Override
    public void adopt(int fd) {}

    @Override
    public void release(int fd) {}

    @Override
    public void detach(int fd) {}

    @Override
    public void submit(Operation operation) {
        submissions++;
        if (requests.write(operation)) {
            submitted.add(operation);
        }
    }

    @Override
    public void cancel(Operation operation) {
        OperationQueue queue = operation.queue;
        if (queue == submitted) {
            queue.remove(operation);
            requests.hand(operation.userData, -Errno.ECANCELED, 0);
        } else if (queue != null) {
            requests.cancel(operation, queue);
        }
    }

    @Override
    public void flushAndWait(long deadlineNanos) {
        failIfOver();
        turns++;
        passTurn();
        if (world.chance.hits(world.faults.driverFailure())) {
            throw new UncheckedIOException(
                    new SyscallException("io_uring_enter (simulated)", Errno.EBADR));
        }
        Operation next = submitted.peek();
        while (next != null && !world.buggify.fires("submission-queue-full")) {
            submitted.remove(next);
            requests.begin(next);
            next = submitted.peek();
        }
        world.runDue();
        long leftNanos = deadlineNanos == NOW ? 0 : deadlineNanos - world.nowNanos();
        if (deadlineNanos != NOW
                && submitted.isEmpty()
                && !world.chance.hits(world.faults.spuriousWake())) {
            waitUntil(deadlineNanos);
        }
        world.trace(Kind.WAIT, -1, completed.size(), Math.max(leftNanos, 0));
    }

    /// A turn takes time, or a task that yields for ever would stop the clock.
    private void passTurn() {
        long nanos = world.chance.between(200, 2_000);
        if (world.chance.hits(world.faults.clockJump())) {
            nanos = world.chance.between(0, JUMP_NANOS_MAX);
        }
        world.advanceTo(world.nowNanos() + nanos);
    }

    private void waitUntil(long deadlineNanos) {
        long end = deadlineNanos;
        if (end != Timers.NONE && world.chance.hits(world.faults.timerSkew())) {
            // Late mostly, and now and then a tick too early.
            end += world.chance.between(-1_000, SKEW_NANOS_MAX);
        }
        while (completed.isEmpty()) {
            long next = world.nextNanos();
            if (next == Timers.NONE && end == Timers.NONE) {
                awaitOutside();
                return;
            }
            world.advanceTo(Math.min(next, end));
            if (next > end) {
                return;
            }
            world.runDue();
        }
    }

    /// Nothing will ever happen in here: only another thread can go on.
    private void awaitOutside() {
        if (!world.setup.closed()) {
            wakeUps.acquireUninterruptibly();
            wakeUps.drainPermits();
        } else if (!world.isTaskBlocked() || !isWokenInTime()) {
            throw world.stopped(
                    "nothing is going to happen any more, but the program has not ended:"
                            + world.waiting());
        }
    }

    /// The JVM itself may keep a task waiting for a moment, to load a class for example.
    private boolean isWokenInTime() {
        try {
            return wakeUps.tryAcquire(JVM_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void failIfOver() {
        if (!world.setup.closed()) {
            return;
        }
        if (world.violation() != null) {
            throw world.stopped(world.violation());
        }
        if (turns > world.setup.turnsMax() || world.isOvertime()) {
            throw world.stopped(
                    "the program has not ended within its limit; it took "
                            + turns
                            + " turns and "
                            + world.passedNanos() / 1_000_000
                            + " ms of virtual time:"
                            + world.waiting());
        }
    }

    /// What does not fit into the queue is kept by the kernel until it is entered the next time.
    @Override
    public int drain() {
        int limit =
                world.buggify.fires("completion-queue-full")
                        ? Math.min(COMPLETIONS_OF_A_FULL_QUEUE, completionsPerTurn)
                        : completionsPerTurn;
        return completed.drain(this::handOver, limit);
    }

    private void handOver(long userData, int result, int flags) {
        int slot = InFlight.slot(userData);
        world.trace(Kind.COMPLETE, slot, result, flags);
        if (CqeFlags.hasBuffer(flags)) {
            group.clear(CqeFlags.bufferId(flags));
        }
        if (!CqeFlags.hasMore(flags)) {
            requests.end(slot);
        }
        completions.complete(userData, result, flags);
    }

    @Override
    public boolean hasCompletions() {
        world.runDue();
        return !completed.isEmpty();
    }

    @Override
    public void wake() {
        wakeUps.release();
    }

    @Override
    public long nanoTime() {
        world.advanceTo(world.nowNanos() + CLOCK_NANOS);
        return world.nowNanos();
    }

    @Override
    public Sockets sockets() {
        return requests.kernel();
    }

    @Override
    public boolean supports(RingFeature feature) {
        return features.contains(feature);
    }

    /// What is left in the buffer is overwritten, so that whoever still reads it is found out.
    @Override
    public void provide(int bufferId, long address, int lengthBytes) {
        if (group.get(bufferId)) {
            world.violated("buffer " + bufferId + " was provided, which is in the group already");
        }
        group.set(bufferId);
        Memory.segment(address, lengthBytes).fill(SCRIBBLE);
        buffers.provide(bufferId, address, lengthBytes);
    }

    @Override
    public int bufferGroup() {
        return 0;
    }

    @Override
    public int bufferGroupEntries() {
        return buffers.entries();
    }

    @Override
    public long enters() {
        return turns;
    }

    @Override
    public long systemCalls() {
        return turns;
    }

    @Override
    public long submissions() {
        return submissions;
    }

    @Override
    public int pendingSubmissions() {
        return submitted.size();
    }

    @Override
    public void close() {
        requests.close();
    }

    /// Its kernel writes to nothing by itself.
    @Override
    public boolean abandon() {
        requests.abandon();
        return false;
    }
}
