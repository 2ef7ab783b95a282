package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// Released buffers that nobody may touch for a while (`mprotect(PROT_NONE)`). An operation that
/// still uses one answers `-EFAULT` instead of corrupting whoever would have had the memory next,
/// and what it would have received stays in the socket.
///
/// A released buffer stays until so many others have been released, or until there is no other
/// memory of its size.
///
/// **Threading:** confined to its core.
final class Quarantine {
    private final int buffersMax;
    private final ArrayDeque<BufferMemory> guarded = new ArrayDeque<>();

    Quarantine(int buffersMax) {
        this.buffersMax = buffersMax;
    }

    int buffersMax() {
        return buffersMax;
    }

    /// Takes a released buffer in; the one that has been here long enough comes out, or null.
    @Nullable BufferMemory exchange(BufferMemory released) {
        protect(released, Linux.PROT_NONE);
        guarded.add(released);
        return guarded.size() > buffersMax ? free(guarded.remove()) : null;
    }

    /// The oldest of a size, before its time.
    @Nullable BufferMemory takeOldest(int bytes) {
        for (Iterator<BufferMemory> each = guarded.iterator(); each.hasNext(); ) {
            BufferMemory memory = each.next();
            if (memory.bytes() == bytes && !memory.slab.isDraining()) {
                each.remove();
                return free(memory);
            }
        }
        return null;
    }

    boolean holds(BufferMemory memory) {
        return guarded.contains(memory);
    }

    /// Lets go of a slab that is given back to the system.
    void forget(BufferSlab slab) {
        guarded.removeIf(memory -> memory.slab == slab);
    }

    private static BufferMemory free(BufferMemory memory) {
        protect(memory, Linux.PROT_READ | Linux.PROT_WRITE);
        return memory;
    }

    private static void protect(BufferMemory memory, int protection) {
        int result = Linux.mprotect(memory.address, memory.slab.strideBytes(), protection);
        if (result < 0) {
            throw new UncheckedIOException(new SyscallException("mprotect", -result));
        }
    }
}
