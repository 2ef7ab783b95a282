package dev.corio.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The native memory of a core, in size classes of powers of two. Freed buffers are reused last in,
/// first out, while they are still in the cache. Memory is taken from the system in slabs, up to a
/// limit, and returned when the core has drained.
///
/// Some of it is provided to the driver's buffer group: the kernel picks one of those when data
/// arrives, so that a connection that waits holds no buffer.
///
/// **Threading:** confined to its core.
public final class BufferPool {
    private static final int CLASS_SHIFT_MIN = 9;
    private static final int CLASS_SHIFT_MAX = 24;
    private static final int SLAB_BYTES = 1 << 20;
    private static final int PAGE_BYTES = 4096;

    private final Core core;
    private final long bytesMax;
    private final Arena arena = Arena.ofShared();
    private final List<ArrayList<IoBuffer>> free = new ArrayList<>();
    private final ArrayDeque<Suspension> waiting = new ArrayDeque<>();
    private @Nullable IoBuffer[] group = new IoBuffer[0];

    private @Nullable MemorySegment slab;
    private long slabUsedBytes;
    private long bytesTaken;
    private int leasedCount;
    private long leasedBytes;

    BufferPool(Core core, long bytesMax) {
        this.core = core;
        this.bytesMax = bytesMax;
        for (int shift = CLASS_SHIFT_MIN; shift <= CLASS_SHIFT_MAX; shift++) {
            free.add(new ArrayList<>());
        }
    }

    /// Leases a buffer, waiting for one to come back when the limit is reached.
    ///
    /// @throws IllegalArgumentException for a size that the pool never has
    /// @throws IllegalStateException when the task is interrupted while it waits
    public IoBuffer lease(int bytesMin) {
        IoBuffer buffer = tryLease(bytesMin);
        while (buffer == null) {
            Suspension suspension = new Suspension(core, "buffer of " + bytesMin + " bytes");
            waiting.add(suspension);
            try {
                suspension.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(
                        "interrupted while waiting for a buffer of " + bytesMin + " bytes", e);
            } finally {
                waiting.remove(suspension);
            }
            buffer = tryLease(bytesMin);
        }
        return buffer;
    }

    /// Leases a buffer, or answers null when the limit is reached. The only form that the loop
    /// itself may use.
    public @Nullable IoBuffer tryLease(int bytesMin) {
        assert core.isCurrent() : "BufferPool used off its core; each core has its own";
        int shift = classShift(bytesMin);
        ArrayList<IoBuffer> buffers = free.get(shift - CLASS_SHIFT_MIN);
        IoBuffer buffer = buffers.isEmpty() ? create(1 << shift, -1) : buffers.removeLast();
        if (buffer == null) {
            return null;
        }
        buffer.leased();
        leasedCount++;
        leasedBytes += buffer.capacity();
        return buffer;
    }

    /// Buffers that are leased now.
    public int leasedCount() {
        return leasedCount;
    }

    /// Their bytes.
    public long leasedBytes() {
        return leasedBytes;
    }

    /// Fills the driver's buffer group.
    void provideTo(Driver driver, int bufferBytes) {
        int entries = driver.bufferGroupEntries();
        group = new IoBuffer[entries];
        for (int id = 0; id < entries; id++) {
            IoBuffer buffer = create(1 << classShift(bufferBytes), id);
            if (buffer == null) {
                return;
            }
            group[id] = buffer;
            driver.provide(id, buffer.address(), buffer.capacity());
        }
    }

    /// The buffer that the driver picked from its group, leased, with `bytes` readable.
    IoBuffer picked(int bufferId, int bytes) {
        IoBuffer buffer = group[bufferId];
        if (buffer == null) {
            throw new IllegalStateException(
                    "the driver picked buffer " + bufferId + ", which it does not have");
        }
        buffer.filled(bytes);
        leasedCount++;
        leasedBytes += buffer.capacity();
        return buffer;
    }

    void release(IoBuffer buffer) {
        assert core.isCurrent() : "IoBuffer closed off its core; close it where it was leased";
        leasedCount--;
        leasedBytes -= buffer.capacity();
        if (buffer.groupId >= 0) {
            core.driver().provide(buffer.groupId, buffer.address(), buffer.capacity());
            return;
        }
        free.get(classShift(buffer.capacity()) - CLASS_SHIFT_MIN).add(buffer);
        Suspension first = waiting.poll();
        if (first != null) {
            first.resume();
        }
    }

    void close() {
        arena.close();
    }

    private @Nullable IoBuffer create(int bytes, int groupId) {
        MemorySegment memory = carve(bytes);
        return memory == null ? null : new IoBuffer(this, memory, groupId);
    }

    private @Nullable MemorySegment carve(int bytes) {
        if (slab == null || slab.byteSize() - slabUsedBytes < bytes) {
            long slabBytes = Math.max(SLAB_BYTES, bytes);
            if (bytesTaken + slabBytes > bytesMax) {
                return null;
            }
            slab = arena.allocate(slabBytes, PAGE_BYTES);
            slabUsedBytes = 0;
            bytesTaken += slabBytes;
        }
        MemorySegment memory = slab.asSlice(slabUsedBytes, bytes);
        slabUsedBytes += bytes;
        return memory;
    }

    private static int classShift(int bytes) {
        if (bytes <= 0 || bytes > 1 << CLASS_SHIFT_MAX) {
            throw new IllegalArgumentException(
                    "buffer size must be 1 to " + (1 << CLASS_SHIFT_MAX) + " bytes: " + bytes);
        }
        return Math.max(CLASS_SHIFT_MIN, Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1));
    }
}
