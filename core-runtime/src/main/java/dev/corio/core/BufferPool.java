package dev.corio.core;

import dev.corio.core.LeaseQueue.Leaser;
import dev.corio.uring.CqeFlags;
import java.io.InterruptedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The buffers of a core. Memory comes in sizes of powers of two, up to a limit; at the limit who
/// leases waits. Freed memory is leased last in, first out, while it is still in the cache.
///
/// Those who want the same size are served in the order of their arrival, and nobody overtakes
/// them. Another size may be served earlier, for what comes back may fit only that; but not for
/// ever: when the one that waits longest has been passed over [#PASSED_OVER_MAX] times, memory of
/// other sizes is no longer leased again until it can have what it wants. A task that holds a
/// buffer while it waits for another one may wait for somebody who does the same: lease what you
/// need at once.
///
/// Each lease is an [IoBuffer] of its own, so one that was closed is told apart from the next lease
/// of the same memory. Who leases for each message and wants to allocate nothing keeps one
/// ([#unleased]) and leases into it.
///
/// Some of the memory is provided to the driver's buffer group: the kernel picks a piece of that
/// when data arrives, or on old kernels the driver, so that a connection that waits leases none.
///
/// **Threading:** confined to its core.
public final class BufferPool {
    private static final System.Logger LOG = LoopLogger.ofCore();

    /// How many others may have a buffer before somebody who waits longer.
    static final int PASSED_OVER_MAX = 64;

    final Core core;
    private final BufferStore store;
    private final LeaseQueue waiting = new LeaseQueue();
    private @Nullable Leaser drainedFor;
    private boolean serving;
    private BufferMemory[] group = {};
    private @Nullable BufferParts parts;
    private int leasedCount;
    private long leasedBytes;

    BufferPool(Core core) {
        this.core = core;
        store = new BufferStore(core.options());
    }

    /// A buffer that holds no memory: closed until some is leased into it. It belongs to whoever
    /// leases into it again and again, and vouches that nobody else uses it.
    public IoBuffer unleased() {
        return new IoBuffer(this);
    }

    /// Leases a buffer, waiting for one to come back when the limit is reached.
    ///
    /// @throws IllegalArgumentException for a size that the pool never has
    /// @throws InterruptedIOException when the task is interrupted while it waits
    public IoBuffer lease(int bytesMin) throws InterruptedIOException {
        IoBuffer leased = lease(unleased(), bytesMin);
        try {
            return leased.watched();
        } catch (VirtualMachineError e) {
            core.loop.broken = e;
            throw e;
        }
    }

    /// Leases memory into a closed buffer, waiting for some to come back when the limit is reached.
    ///
    /// @return the buffer, empty
    /// @throws IllegalArgumentException for a size that the pool never has
    /// @throws IllegalStateException when the buffer is not closed
    /// @throws InterruptedIOException when the task is interrupted while it waits
    public IoBuffer lease(IoBuffer closed, int bytesMin) throws InterruptedIOException {
        if (!take(closed, bytesMin)) {
            awaitLease(closed, bytesMin);
        }
        return closed;
    }

    /// Leases a buffer, or answers null when the limit is reached or others wait for that size. The
    /// loop itself may use it.
    ///
    /// @throws IllegalArgumentException for a size that the pool never has
    public @Nullable IoBuffer tryLease(int bytesMin) {
        IoBuffer buffer = unleased();
        if (!tryLease(buffer, bytesMin)) {
            return null;
        }
        try {
            return buffer.watched();
        } catch (VirtualMachineError e) {
            core.loop.broken = e;
            throw e;
        }
    }

    /// Like [#tryLease(int)], into a closed buffer.
    ///
    /// @return whether it has memory now
    /// @throws IllegalArgumentException for a size that the pool never has
    /// @throws IllegalStateException when the buffer is not closed
    public boolean tryLease(IoBuffer closed, int bytesMin) {
        return !Buggify.here(core, "pool-exhausted") && take(closed, bytesMin);
    }

    /// Leases memory into a closed buffer, now or later, for the loop, which cannot wait.
    ///
    /// @param granted run on this core when it was not at once; it must not block
    /// @return whether it was at once
    /// @throws IllegalArgumentException for a size that the pool never has
    /// @throws IllegalStateException when the buffer is not closed
    public boolean lease(IoBuffer closed, int bytesMin, Runnable granted) {
        if (take(closed, bytesMin)) {
            return true;
        }
        enqueue(closed, bytesMin, granted);
        return false;
    }

    /// Waits no longer for memory for this buffer; `granted` is not run any more.
    public void giveUp(IoBuffer closed) {
        Leaser leaser = closed.leaser;
        if (leaser != null) {
            leave(leaser);
        }
    }

    /// Buffers that are leased now.
    public int leasedCount() {
        return leasedCount;
    }

    /// Their bytes.
    public long leasedBytes() {
        return leasedBytes;
    }

    /// How many wait for a buffer now.
    public int waitingCount() {
        return waiting.count();
    }

    /// Whether the driver's group has buffers of which nothing is leased. Who was told `ENOBUFS`
    /// may find one then, unless receives that wait hold them, as before Linux 5.19.
    public boolean hasGroupMembers() {
        return store.hasGroupMembers();
    }

    /// Fills the driver's buffer group.
    void provideTo(Driver driver, int bufferBytes) {
        int entries = driver.bufferGroupEntries();
        List<BufferMemory> members = store.cutGroup(bufferBytes, entries);
        group = new BufferMemory[members.size()];
        members.forEach(this::provide);
    }

    /// The driver uses the buffers of its group up bit by bit.
    void inParts(BufferParts each) {
        parts = each;
    }

    /// Leases what the driver picked from its group for a completion with these flags, with `bytes`
    /// readable: the whole buffer, or only them where it is used up bit by bit. Without bytes the
    /// driver keeps it then, and this one stays closed.
    void picked(IoBuffer closed, int flags, int bytes) {
        closed.ensureClosed(this);
        if (parts == null) {
            grant(closed, member(flags), bytes);
        } else {
            parts.pick(closed, flags, bytes);
        }
    }

    /// The buffer of the driver's group that a completion with these flags names.
    BufferMemory member(int flags) {
        int bufferId = CqeFlags.bufferId(flags);
        if (bufferId >= group.length) {
            throw new IllegalStateException(
                    "the driver picked buffer " + bufferId + ", which it does not have");
        }
        return group[bufferId];
    }

    /// How many buffers the driver's group has.
    int groupSize() {
        return group.length;
    }

    /// Takes back what an [IoBuffer] of `bytes` held.
    void release(BufferMemory memory, int bytes) {
        leasedCount--;
        leasedBytes -= bytes;
        release(memory);
    }

    void release(BufferMemory memory) {
        if (!memory.slab.released(memory)) {
            return;
        }
        if (memory.groupId < 0) {
            store.put(memory);
            serve();
        } else if (!memory.isFilling()) {
            provide(store.forGroup(memory));
        }
    }

    private void provide(BufferMemory memory) {
        memory.provided();
        group[memory.groupId] = memory;
        core.driver().provide(memory.groupId, memory.address, memory.bytes());
    }

    void ensureOnCore() {
        if (!core.isCurrent()) {
            throw new IllegalStateException(
                    "the buffer belongs to " + core + "; close it where it was leased");
        }
    }

    LeakDetector leaks() {
        return core.leaks();
    }

    /// As [#release], but nobody gets the memory again. The slab counts as in use for ever.
    void lose(int bytes) {
        leasedCount--;
        leasedBytes -= bytes;
    }

    void close() {
        store.close();
    }

    private boolean take(IoBuffer closed, int bytesMin) {
        assert core.isCurrent() : "BufferPool used off its core; each core has its own";
        closed.ensureClosed(this);
        int size = store.classOf(bytesMin);
        try {
            BufferMemory memory = waiting.isEmpty(size) ? store.take(size) : null;
            if (memory == null) {
                return false;
            }
            grant(closed, memory, 0);
            notePassing();
            return true;
        } catch (VirtualMachineError e) {
            core.loop.broken = e;
            throw e;
        }
    }

    private void grant(IoBuffer buffer, BufferMemory memory, int readableBytes) {
        memory.slab.leased(memory);
        open(buffer, memory, 0, memory.bytes(), readableBytes);
    }

    /// Opens a buffer on a part of memory that is leased for it.
    void open(IoBuffer buffer, BufferMemory memory, int start, int end, int readableBytes) {
        leasedCount++;
        leasedBytes += end - start;
        buffer.open(memory, start, end, start, start + readableBytes);
    }

    private void notePassing() {
        Leaser longest = waiting.count() == 0 ? null : waiting.first();
        if (longest != null && ++longest.passedOver == PASSED_OVER_MAX) {
            drainedFor = longest;
            store.drainFor(longest.size);
        }
    }

    private void awaitLease(IoBuffer buffer, int bytesMin) throws InterruptedIOException {
        if (waiting.count() == 0 && store.isUnused()) {
            throw new OutOfMemoryError(
                    "no memory for a buffer of "
                            + bytesMin
                            + " bytes, though the pool of "
                            + core
                            + " has none leased: raise what the system allows the process"
                            + " (ulimit -v, vm.overcommit_memory, vm.max_map_count), or lower"
                            + " CoreOptions.poolBytesMax");
        }
        // Nothing comes back by itself from somebody who has forgotten it.
        core.leaks().look();
        String reason =
                "a buffer of "
                        + bytesMin
                        + " bytes: the pool has leased all that CoreOptions.poolBytesMax allows";
        Suspension suspension = new Suspension(core, reason);
        Leaser leaser = enqueue(buffer, bytesMin, suspension::resume);
        boolean granted = false;
        try {
            suspension.await();
            granted = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Operation.interruption("interrupted while waiting for " + reason);
        } finally {
            if (!granted) {
                withdraw(leaser);
            }
        }
    }

    /// Whatever ended the wait: nobody is there to take the memory, now or later.
    private void withdraw(Leaser leaser) {
        if (leaser.buffer.leaser == leaser) {
            leave(leaser);
        } else {
            leaser.buffer.close();
        }
    }

    private Leaser enqueue(IoBuffer buffer, int bytesMin, Runnable granted) {
        Events.overflow(core, "buffer pool", core.options().poolBytesMax());
        Leaser leaser = waiting.add(buffer, store.classOf(bytesMin), granted);
        buffer.leaser = leaser;
        return leaser;
    }

    private void leave(Leaser leaser) {
        waiting.remove(leaser);
        leaser.buffer.leaser = null;
        if (drainedFor == leaser) {
            drainedFor = null;
            store.keepAll();
            serve();
        }
    }

    /// Whoever is told may give memory back at once, or ask for more: one walk serves them all.
    private void serve() {
        if (serving || waiting.count() == 0) {
            return;
        }
        serving = true;
        try {
            Leaser leaser = waiting.first();
            while (leaser != null) {
                BufferMemory memory = store.take(leaser.size);
                if (memory == null) {
                    leaser = waiting.firstAfter(leaser);
                } else {
                    serve(leaser, memory);
                    leaser = waiting.first();
                }
            }
        } finally {
            serving = false;
        }
    }

    private void serve(Leaser leaser, BufferMemory memory) {
        boolean overtakes = waiting.first() != leaser;
        waiting.remove(leaser);
        leaser.buffer.leaser = null;
        grant(leaser.buffer, memory, 0);
        if (drainedFor == leaser) {
            drainedFor = null;
            store.keepAll();
        }
        if (overtakes) {
            notePassing();
        }
        try {
            leaser.granted();
        } catch (Throwable e) {
            // Whoever gave the memory back has no part in it.
            core.struck(e, "the grant of a buffer");
            LOG.log(System.Logger.Level.ERROR, "a buffer was given to someone who failed", e);
        }
    }
}
