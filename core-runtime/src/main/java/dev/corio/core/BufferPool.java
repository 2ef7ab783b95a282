package dev.corio.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The native memory of a core, in size classes of powers of two. Freed buffers are reused last in,
/// first out, while they are still in the cache. Memory is taken from the system in slabs, up to a
/// limit, and returned when the core has drained, or when another size needs it.
///
/// Some of it is provided to the driver's buffer group: the kernel picks one of those when data
/// arrives, so that a connection that waits holds no buffer.
///
/// **Threading:** confined to its core.
public final class BufferPool {
    private static final int CLASS_SHIFT_MIN = 9;
    private static final int CLASS_SHIFT_MAX = 24;
    private static final int SLAB_BYTES = 1 << 20;

    private final Core core;
    private final long bytesMax;
    private final List<List<IoBuffer>> free = new ArrayList<>();
    private final List<BufferSlab> slabs = new ArrayList<>();
    private final ArrayDeque<Leaser> leasers = new ArrayDeque<>();
    private @Nullable BufferSlab groupSlab;
    private @Nullable IoBuffer[] group = new IoBuffer[0];
    private long bytesTaken;
    private int leasedCount;
    private long leasedBytes;

    /// A task that waits, and what it was given.
    private static final class Leaser {
        private final int bytesMin;
        private final Suspension suspension;
        private @Nullable IoBuffer given;

        Leaser(Core core, int bytesMin) {
            this.bytesMin = bytesMin;
            suspension = new Suspension(core, "a buffer of " + bytesMin + " bytes");
        }
    }

    BufferPool(Core core, long bytesMax) {
        this.core = core;
        this.bytesMax = bytesMax;
        for (int shift = CLASS_SHIFT_MIN; shift <= CLASS_SHIFT_MAX; shift++) {
            free.add(new ArrayList<>());
        }
    }

    /// Leases a buffer, waiting for one to come back when the limit is reached. Of those who wait
    /// the first is served whom the returned memory fits.
    ///
    /// @throws IllegalArgumentException for a size that the pool never has
    /// @throws IllegalStateException when the task is interrupted while it waits
    public IoBuffer lease(int bytesMin) {
        IoBuffer buffer = tryLease(bytesMin);
        return buffer == null ? awaitLease(bytesMin) : buffer;
    }

    /// Leases a buffer, or answers null when the limit is reached. The only form that the loop
    /// itself may use.
    ///
    /// @throws IllegalArgumentException for a size that the pool never has
    public @Nullable IoBuffer tryLease(int bytesMin) {
        assert core.isCurrent() : "BufferPool used off its core; each core has its own";
        List<IoBuffer> buffers = freeOf(classShift(bytesMin));
        IoBuffer buffer = buffers.isEmpty() ? create(classShift(bytesMin)) : buffers.removeLast();
        if (buffer == null) {
            return null;
        }
        buffer.leased();
        noteLeased(buffer);
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

    /// Fills the driver's buffer group, which may have half of the pool.
    void provideTo(Driver driver, int bufferBytes) {
        int bytes = 1 << classShift(bufferBytes);
        int entries = (int) Math.min(driver.bufferGroupEntries(), bytesMax / 2 / bytes);
        if (entries == 0) {
            return;
        }
        BufferSlab slab = new BufferSlab(this, (long) entries * bytes, bytes);
        groupSlab = slab;
        bytesTaken += slab.bytes();
        group = new IoBuffer[entries];
        for (int id = 0; id < entries; id++) {
            IoBuffer buffer = slab.cut(id);
            if (buffer != null) {
                group[id] = buffer;
                driver.provide(id, buffer.address(), buffer.capacity());
            }
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
        noteLeased(buffer);
        return buffer;
    }

    void release(IoBuffer buffer) {
        assert core.isCurrent() : "IoBuffer closed off its core; close it where it was leased";
        leasedCount--;
        leasedBytes -= buffer.capacity();
        buffer.slab.released();
        if (buffer.groupId >= 0) {
            core.driver().provide(buffer.groupId, buffer.address(), buffer.capacity());
            return;
        }
        freeOf(classShift(buffer.capacity())).add(buffer);
        if (!leasers.isEmpty()) {
            serveLeasers();
        }
    }

    void close() {
        slabs.forEach(BufferSlab::close);
        if (groupSlab != null) {
            groupSlab.close();
        }
    }

    private IoBuffer awaitLease(int bytesMin) {
        Leaser leaser = new Leaser(core, bytesMin);
        leasers.add(leaser);
        try {
            leaser.suspension.await();
        } catch (InterruptedException e) {
            leasers.remove(leaser);
            Thread.currentThread().interrupt();
            throw new IllegalStateException(
                    "interrupted while waiting for " + leaser.suspension, e);
        }
        IoBuffer given = leaser.given;
        assert given != null : "resumed without a buffer";
        return given;
    }

    private void serveLeasers() {
        Iterator<Leaser> inOrder = leasers.iterator();
        while (inOrder.hasNext()) {
            Leaser leaser = inOrder.next();
            leaser.given = tryLease(leaser.bytesMin);
            if (leaser.given != null) {
                inOrder.remove();
                leaser.suspension.resume();
            }
        }
    }

    private void noteLeased(IoBuffer buffer) {
        leasedCount++;
        leasedBytes += buffer.capacity();
        buffer.slab.leased();
    }

    private List<IoBuffer> freeOf(int shift) {
        return free.get(shift - CLASS_SHIFT_MIN);
    }

    private @Nullable IoBuffer create(int shift) {
        int bytes = 1 << shift;
        for (int i = slabs.size() - 1; i >= 0; i--) {
            BufferSlab slab = slabs.get(i);
            IoBuffer buffer = slab.bufferBytes() == bytes ? slab.cut(-1) : null;
            if (buffer != null) {
                return buffer;
            }
        }
        if (bytesTaken + bytes > bytesMax && !giveBackUnused(bytes)) {
            return null;
        }
        BufferSlab slab = newSlab(bytes);
        return slab == null ? null : slab.cut(-1);
    }

    /// There is room for one buffer at least; null when the system has no memory left all the same.
    private @Nullable BufferSlab newSlab(int bufferBytes) {
        long room = Math.min(bytesMax - bytesTaken, Math.max(SLAB_BYTES, bufferBytes));
        BufferSlab slab;
        try {
            slab = new BufferSlab(this, room / bufferBytes * bufferBytes, bufferBytes);
        } catch (OutOfMemoryError e) {
            // The limit of the JVM (-XX:MaxDirectMemorySize) came before ours.
            return null;
        }
        slabs.add(slab);
        bytesTaken += slab.bytes();
        return slab;
    }

    /// Gives slabs back to the system, none of whose buffers is leased, until there is room; false
    /// when that is not enough.
    private boolean giveBackUnused(long bytes) {
        Iterator<BufferSlab> each = slabs.iterator();
        while (each.hasNext() && bytesTaken + bytes > bytesMax) {
            BufferSlab slab = each.next();
            if (slab.isUnused()) {
                each.remove();
                free.forEach(buffers -> buffers.removeIf(buffer -> buffer.slab == slab));
                bytesTaken -= slab.bytes();
                slab.close();
            }
        }
        return bytesTaken + bytes <= bytesMax;
    }

    private int classShift(int bytes) {
        if (bytes <= 0 || bytes > 1 << CLASS_SHIFT_MAX || bytes > bytesMax) {
            throw new IllegalArgumentException(
                    "buffer size must be 1 to "
                            + Math.min(bytesMax, 1 << CLASS_SHIFT_MAX)
                            + " bytes: "
                            + bytes);
        }
        return Math.max(CLASS_SHIFT_MIN, Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1));
    }
}
