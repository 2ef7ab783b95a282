package dev.corio.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A native array of `epoll_event` that [Linux#epollWait(int, EpollEvents, long)] fills. It lives
/// as long as the arena it was allocated in.
///
/// The structure is packed on x86-64 and nowhere else.
///
/// **Threading:** one thread at a time.
public final class EpollEvents {
    static final boolean IS_PACKED = "amd64".equals(System.getProperty("os.arch"));

    /// Bytes of one `epoll_event`, and where its `data` begins.
    static final int EVENT_BYTES = IS_PACKED ? 12 : 16;

    static final int DATA = IS_PACKED ? 4 : 8;

    private static final int TIMESPEC_BYTES = 16;

    private final MemorySegment segment;
    private final long address;
    private final int capacity;

    private EpollEvents(MemorySegment segment, int capacity) {
        this.segment = segment;
        this.address = segment.address() + TIMESPEC_BYTES;
        this.capacity = capacity;
    }

    /// Room for `capacity` events, at least one.
    public static EpollEvents allocate(Arena arena, int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be positive: " + capacity);
        }
        long bytes = TIMESPEC_BYTES + (long) capacity * EVENT_BYTES;
        return new EpollEvents(arena.allocate(bytes, TIMESPEC_BYTES), capacity);
    }

    /// What happened: EPOLLIN and others of event `index`.
    public int events(int index) {
        return Memory.getInt(event(index));
    }

    /// What was registered with the descriptor of event `index`.
    public long data(int index) {
        return Memory.getLong(event(index) + DATA);
    }

    /// How many events one wait can answer.
    public int capacity() {
        return capacity;
    }

    /// Where the array is.
    public long address() {
        return address;
    }

    /// Where a wait puts its timeout.
    long timespecAddress() {
        return segment.address();
    }

    private long event(int index) {
        assert index >= 0 : "index must not be negative: " + index;
        assert index < capacity : "index must be below the capacity " + capacity + ": " + index;
        return address + (long) index * EVENT_BYTES;
    }
}
