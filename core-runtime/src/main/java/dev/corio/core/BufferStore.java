package dev.corio.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The native memory behind a [BufferPool], in size classes of powers of two: taken from the system
/// in slabs, up to a limit, and given back when another size needs it. What was released last is
/// taken first, while it is still in the cache.
///
/// **Threading:** confined to its core.
final class BufferStore {
    private static final int CLASS_SHIFT_MIN = 9;
    private static final int CLASS_SHIFT_MAX = 24;
    private static final int SLAB_BYTES = 1 << 20;

    /// How many sizes there are.
    static final int CLASSES = CLASS_SHIFT_MAX - CLASS_SHIFT_MIN + 1;

    private final long bytesMax;
    private final @Nullable Quarantine quarantine;
    private final List<List<BufferMemory>> free = new ArrayList<>();
    private final List<BufferSlab> slabs = new ArrayList<>();
    private @Nullable BufferSlab groupSlab;
    private @Nullable Quarantine groupQuarantine;
    private long groupBytes;
    private long bytesTaken;

    /// The only size that gets new slabs while others are drained for it, or -1.
    private int drainingFor = -1;

    BufferStore(CoreOptions options) {
        bytesMax = options.poolBytesMax();
        int guarded = options.guardedBuffers();
        quarantine = guarded > 0 ? new Quarantine(guarded) : null;
        for (int i = 0; i < CLASSES; i++) {
            free.add(new ArrayList<>());
        }
    }

    /// The number of the smallest size that has room for `bytes`.
    ///
    /// @throws IllegalArgumentException for a size that there never is
    int classOf(int bytes) {
        int size = bytes <= 0 ? -1 : shift(bytes) - CLASS_SHIFT_MIN;
        if (size < 0 || size >= CLASSES || bytesOf(size) > bytesMax - groupBytes) {
            throw new IllegalArgumentException(
                    "buffer size must be 1 to "
                            + Math.min(
                                    Long.highestOneBit(bytesMax - groupBytes), 1 << CLASS_SHIFT_MAX)
                            + " bytes, see CoreOptions.poolBytesMax: "
                            + bytes);
        }
        return size;
    }

    static int bytesOf(int size) {
        return 1 << (size + CLASS_SHIFT_MIN);
    }

    /// Whether nothing of it is leased, so that nothing can come back.
    boolean isUnused() {
        return slabs.stream().allMatch(BufferSlab::isUnused);
    }

    /// Memory of a size, or null when the limit is reached.
    @Nullable BufferMemory take(int size) {
        List<BufferMemory> buffers = free.get(size);
        BufferMemory memory = buffers.isEmpty() ? create(size) : buffers.removeLast();
        if (memory == null && quarantine != null) {
            memory = quarantine.takeOldest(bytesOf(size));
        }
        return memory;
    }

    void put(BufferMemory released) {
        BufferMemory memory = quarantine == null ? released : quarantine.exchange(released);
        if (memory != null && !memory.slab.isDraining()) {
            free.get(shift(memory.bytes()) - CLASS_SHIFT_MIN).add(memory);
        }
    }

    /// Cuts the buffers of the driver's group, which may have half of the pool and keeps it; none
    /// when there is no room.
    List<BufferMemory> cutGroup(int bufferBytes, int entriesMax) {
        int bytes = bytesOf(classOf(bufferBytes));
        int entries = (int) Math.min(entriesMax, bytesMax / 2 / bytes);
        if (entries == 0) {
            return List.of();
        }
        int spares = quarantine == null ? 0 : Math.min(entries, quarantine.buffersMax());
        BufferSlab slab = new BufferSlab(bytes, entries + spares, quarantine != null);
        groupSlab = slab;
        groupBytes = (long) entries * bytes;
        bytesTaken += groupBytes;
        List<BufferMemory> group = new ArrayList<>(entries);
        for (int id = 0; id < entries; id++) {
            group.add(slab.cut(id));
        }
        if (spares > 0) {
            groupQuarantine = new Quarantine(spares);
            while (!slab.isCutUp()) {
                groupQuarantine.exchange(slab.cut(-1));
            }
        }
        return group;
    }

    /// Whether some of the driver's group is not leased.
    boolean hasGroupMembers() {
        return groupSlab != null && groupSlab.leasedBytes() < groupBytes;
    }

    /// What goes back to the driver's group for a released member: itself, or, where released
    /// memory is guarded, a spare that takes its number.
    BufferMemory forGroup(BufferMemory released) {
        BufferMemory spare = groupQuarantine == null ? null : groupQuarantine.exchange(released);
        if (spare == null) {
            return released;
        }
        spare.groupId = released.groupId;
        released.groupId = -1;
        return spare;
    }

    /// Makes room for a size that never finds any: the slabs of other sizes that are closest to
    /// being unused are not leased from any more, until [#keepAll].
    void drainFor(int size) {
        drainingFor = size;
        long room = bytesMax - bytesTaken;
        List<BufferSlab> candidates = new ArrayList<>(slabs);
        candidates.sort(Comparator.comparingLong(BufferSlab::leasedBytes));
        for (BufferSlab slab : candidates) {
            if (room >= bytesOf(size)) {
                return;
            }
            if (slab.bufferBytes() != bytesOf(size)) {
                slab.draining(true);
                free.forEach(buffers -> buffers.removeIf(memory -> memory.slab == slab));
                room += slab.bytes();
            }
        }
    }

    /// Leases from all slabs again.
    void keepAll() {
        drainingFor = -1;
        for (BufferSlab slab : slabs) {
            if (slab.isDraining()) {
                slab.draining(false);
                for (BufferMemory memory : slab.buffers()) {
                    if (memory.leases == 0 && (quarantine == null || !quarantine.holds(memory))) {
                        free.get(shift(memory.bytes()) - CLASS_SHIFT_MIN).add(memory);
                    }
                }
            }
        }
    }

    void close() {
        slabs.forEach(BufferSlab::close);
        if (groupSlab != null) {
            groupSlab.close();
        }
    }

    private @Nullable BufferMemory create(int size) {
        int bytes = bytesOf(size);
        for (int i = slabs.size() - 1; i >= 0; i--) {
            BufferSlab slab = slabs.get(i);
            if (slab.bufferBytes() == bytes && !slab.isDraining() && !slab.isCutUp()) {
                return slab.cut(-1);
            }
        }
        if (drainingFor >= 0 && drainingFor != size) {
            return null;
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
            slab = new BufferSlab(bufferBytes, (int) (room / bufferBytes), quarantine != null);
        } catch (OutOfMemoryError e) {
            // A limit of the system came before ours.
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
                free.forEach(buffers -> buffers.removeIf(memory -> memory.slab == slab));
                if (quarantine != null) {
                    quarantine.forget(slab);
                }
                bytesTaken -= slab.bytes();
                slab.close();
            }
        }
        return bytesTaken + bytes <= bytesMax;
    }

    private static int shift(int bytes) {
        return Math.max(CLASS_SHIFT_MIN, Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1));
    }
}
