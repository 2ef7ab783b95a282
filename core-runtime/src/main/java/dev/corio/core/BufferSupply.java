package dev.corio.core;

import dev.corio.linux.SyscallException;
import dev.corio.uring.BufferRing;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.Ring;
import dev.corio.uring.RingFeature;

/// What the kernel has of the buffers of the group: not all of them, but about as many as it uses.
///
/// It picks the one that it has had for the longest time, so each of those it has comes round
/// before the first comes again, and the more there are, the colder the cache is when it does. Of
/// those it has not, the one released last goes back first.
///
/// When it finds none although some are here, it gets twice as many from the next turn on; and half
/// when in no turn of many it has used half of them. Receives that find none cost a request more,
/// which a burst after a long rest pays, and a steady load does not.
///
/// It has all where it uses them up bit by bit, for then it uses few; and without `DEFER_TASKRUN`,
/// where it picks at any time and not only when the ring is entered.
///
/// **Threading:** confined to its core.
final class BufferSupply implements AutoCloseable {
    /// With fewer it begins to find none while some dozens of connections are busy.
    static final int WANTED_MIN = 64;

    /// Some seconds of a busy core: for so long what was used is looked at before less is wanted.
    static final int WINDOW_TURNS = 1 << 17;

    private final BufferRing ring;
    private final BufferStack here;
    private final boolean isDeferred;
    private final int wantedMin;
    private int wanted;

    /// How many the kernel has.
    private int held;

    private int leastHeld = Integer.MAX_VALUE;
    private int turns;
    private boolean isStarved;

    BufferSupply(Ring ring, int group, int entries) throws SyscallException {
        boolean isIncremental = ring.features().has(RingFeature.PBUF_INC);
        this.ring =
                isIncremental
                        ? BufferRing.registerIncremental(ring, group, entries)
                        : BufferRing.register(ring, group, entries);
        here = new BufferStack(entries);
        isDeferred = ring.features().has(RingFeature.DEFER_TASKRUN);
        wantedMin = isDeferred && !isIncremental ? Math.min(entries, WANTED_MIN) : entries;
        wanted = wantedMin;
    }

    int entries() {
        return ring.entries();
    }

    /// Takes a buffer that is free.
    void provide(int bufferId, long address, int lengthBytes) {
        here.provide(bufferId, address, lengthBytes);
        if (!isDeferred) {
            fill();
        }
    }

    /// A turn is over, and the kernel is entered.
    void passTurn() {
        adapt();
        fill();
    }

    /// Gives the kernel what it is to have, before it is entered.
    void fill() {
        int missing = Math.min(wanted - held, here.count());
        if (missing <= 0) {
            return;
        }
        for (int i = 0; i < missing; i++) {
            int bufferId = here.take();
            ring.add(here.address(bufferId), here.length(bufferId), bufferId);
        }
        held += missing;
        ring.publish();
    }

    /// A completion with these flags names a buffer.
    void picked(int flags) {
        if (!CqeFlags.keepsBuffer(flags)) {
            held--;
        }
    }

    /// A receive found no buffer.
    void starved() {
        isStarved |= !here.isEmpty();
    }

    private void adapt() {
        leastHeld = Math.min(leastHeld, held);
        turns++;
        if (isStarved) {
            want(2 * wanted);
        } else if (turns == WINDOW_TURNS) {
            want(leastHeld > wanted / 2 ? wanted / 2 : wanted);
        }
    }

    private void want(int buffers) {
        wanted = Math.min(entries(), Math.max(wantedMin, buffers));
        isStarved = false;
        turns = 0;
        leastHeld = Integer.MAX_VALUE;
    }

    @Override
    public void close() {
        ring.close();
    }
}
