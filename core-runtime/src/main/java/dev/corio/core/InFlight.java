package dev.corio.core;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The table of operations that the driver owns. What crosses the border to the kernel is never a
/// reference but `user_data` = generation and slot, so a completion that comes twice, or late, or
/// for a slot that was given on, is recognised and not obeyed.
///
/// ```
///  63      62       61..32        31..0
///  0   control   generation       slot
/// ```
///
/// **Threading:** confined to its core.
final class InFlight {
    /// Set in the `user_data` of entries that belong to a driver itself (wake-up, cancel, timeout).
    static final long CONTROL = 1L << 62;

    static final int GENERATION_MASK = (1 << 30) - 1;
    private static final int ENTRIES_AT_START = 1024;

    private final int entriesMax;
    private @Nullable Operation[] operations;
    private int[] generations;
    private int[] free;
    private int freeCount;
    private int count;

    InFlight(int entriesMax) {
        this(entriesMax, 0);
    }

    /// @param generation of the slots that are there from the start
    InFlight(int entriesMax, int generation) {
        this.entriesMax = entriesMax;
        int entries = Math.min(ENTRIES_AT_START, entriesMax);
        operations = new Operation[entries];
        generations = new int[entries];
        Arrays.fill(generations, generation);
        free = new int[entries];
        offerSlots(0, entries);
    }

    static int slot(long userData) {
        return (int) userData;
    }

    int count() {
        return count;
    }

    int entriesMax() {
        return entriesMax;
    }

    boolean isFull() {
        return freeCount == 0 && operations.length == entriesMax;
    }

    /// Enters an operation and returns its `user_data`.
    long add(Operation operation) {
        assert !isFull() : "the table of operations in flight is full";
        if (freeCount == 0) {
            grow();
        }
        int slot = free[--freeCount];
        operations[slot] = operation;
        count++;
        return (long) generations[slot] << 32 | slot;
    }

    /// The operation behind a completion, or null when the completion is stale.
    @Nullable Operation find(long userData) {
        int slot = slot(userData);
        if (slot < 0 || slot >= operations.length || generations[slot] != (int) (userData >>> 32)) {
            return null;
        }
        return operations[slot];
    }

    /// What a stale `user_data` says, for people.
    String describe(long userData) {
        int slot = slot(userData);
        String known =
                slot < 0 || slot >= generations.length
                        ? "never used"
                        : "in generation " + generations[slot];
        return "user_data 0x%x: slot %d, %s, generation %d"
                .formatted(userData, slot, known, userData >>> 32);
    }

    /// Frees the slot; its `user_data` is stale from here on.
    void remove(long userData) {
        int slot = slot(userData);
        assert find(userData) != null : "not in flight: " + userData;
        operations[slot] = null;
        generations[slot] = generations[slot] + 1 & GENERATION_MASK;
        free[freeCount++] = slot;
        count--;
    }

    /// The operation in a slot below [#slots], or null; to walk through all of them.
    @Nullable Operation at(int slot) {
        return operations[slot];
    }

    int slots() {
        return operations.length;
    }

    private void grow() {
        int entries = operations.length;
        int grown = Math.min(entriesMax, entries * 2);
        // All or nothing: there may be no memory for one of them.
        var grownOperations = Arrays.copyOf(operations, grown);
        int[] grownGenerations = Arrays.copyOf(generations, grown);
        free = Arrays.copyOf(free, grown);
        operations = grownOperations;
        generations = grownGenerations;
        offerSlots(entries, grown);
    }

    /// The lowest slot comes out first: a table that is hardly used stays in few cache lines.
    private void offerSlots(int from, int to) {
        for (int slot = to - 1; slot >= from; slot--) {
            free[freeCount++] = slot;
        }
    }
}
