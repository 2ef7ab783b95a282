package dev.corio.core;

/// The buffers of the group that a driver has and the kernel has not: a stack, so that the one used
/// last, which is still in the cache, goes first.
///
/// **Threading:** confined to its core.
final class BufferStack {
    private final int[] free;
    private final long[] addresses;
    private final int[] lengths;
    private int freeCount;

    BufferStack(int entries) {
        free = new int[entries];
        addresses = new long[entries];
        lengths = new int[entries];
    }

    int entries() {
        return free.length;
    }

    int count() {
        return freeCount;
    }

    boolean isEmpty() {
        return freeCount == 0;
    }

    void provide(int bufferId, long address, int lengthBytes) {
        addresses[bufferId] = address;
        lengths[bufferId] = lengthBytes;
        putBack(bufferId);
    }

    /// Undoes a [#take].
    void putBack(int bufferId) {
        free[freeCount++] = bufferId;
    }

    /// The buffer that [#take] would answer.
    int peek() {
        return free[freeCount - 1];
    }

    int take() {
        return free[--freeCount];
    }

    long address(int bufferId) {
        return addresses[bufferId];
    }

    int length(int bufferId) {
        return lengths[bufferId];
    }
}
