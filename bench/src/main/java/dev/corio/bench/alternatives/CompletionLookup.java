package dev.corio.bench.alternatives;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// From the `user_data` of a completion to its operation: find one of those in flight, take it out,
/// and put the next one in.
///
/// Corio has a table (`InFlight`; its steps are here again): `user_data` is a slot and the
/// generation of that slot, so a completion that comes late or twice finds nothing. Nothing is
/// allocated, and the number of slots is the limit of what may be in flight.
///
/// - A [HashMap] from numbers that are never used again is as safe, and allocates a node and two
///   boxed numbers for each operation.
/// - The slot alone, without a generation, shows what the generation costs. With it, a completion
///   that comes late would end somebody else's operation, and its buffer would be used again while
///   the kernel still writes to it.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CompletionLookup {
    private static final int ORDER = 1 << 12;

    /// What is in flight, and in which order it completes.
    @State(Scope.Benchmark)
    public static class Window {
        /// How many are in flight.
        @Param({"64", "4096"})
        public int inFlight;

        final Object operation = new Object();
        private final int[] order = new int[ORDER];
        private int turn;

        /// Draws the order.
        @Setup
        public void draw() {
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < ORDER; i++) {
                order[i] = random.nextInt(inFlight);
            }
        }

        int next() {
            return order[turn++ & ORDER - 1];
        }
    }

    /// Slots with generations.
    @State(Scope.Benchmark)
    public static class InTable {
        private @Nullable Object[] operations = {};
        private int[] generations = {};
        private int[] free = {};
        private int freeCount;
        private long[] userData = {};

        /// Fills it.
        @Setup
        public void fill(Window window) {
            operations = new Object[window.inFlight];
            generations = new int[window.inFlight];
            free = new int[window.inFlight];
            userData = new long[window.inFlight];
            for (int slot = window.inFlight - 1; slot >= 0; slot--) {
                free[freeCount++] = slot;
            }
            for (int i = 0; i < window.inFlight; i++) {
                userData[i] = add(window.operation);
            }
        }

        long add(Object operation) {
            int slot = free[--freeCount];
            operations[slot] = operation;
            return (long) generations[slot] << 32 | slot;
        }

        @Nullable Object find(long data) {
            int slot = (int) data;
            if (slot < 0 || slot >= operations.length || generations[slot] != (int) (data >>> 32)) {
                return null;
            }
            return operations[slot];
        }

        @Nullable Object findBySlot(long data) {
            int slot = (int) data;
            return slot < 0 || slot >= operations.length ? null : operations[slot];
        }

        void remove(long data) {
            int slot = (int) data;
            operations[slot] = null;
            generations[slot]++;
            free[freeCount++] = slot;
        }

        void removeBySlot(long data) {
            int slot = (int) data;
            operations[slot] = null;
            free[freeCount++] = slot;
        }
    }

    /// Numbers.
    @State(Scope.Benchmark)
    public static class InMap {
        private final Map<Long, Object> operations = new HashMap<>();
        private long[] userData = {};
        private long number;

        /// Fills it.
        @Setup
        public void fill(Window window) {
            userData = new long[window.inFlight];
            for (int i = 0; i < window.inFlight; i++) {
                userData[i] = add(window.operation);
            }
        }

        long add(Object operation) {
            operations.put(++number, operation);
            return number;
        }
    }

    /// Slot and generation.
    @Benchmark
    public @Nullable Object corio(Window window, InTable table) {
        int index = window.next();
        long data = table.userData[index];
        Object found = table.find(data);
        if (found != null) {
            table.remove(data);
        }
        table.userData[index] = table.add(window.operation);
        return found;
    }

    /// The slot alone.
    @Benchmark
    public @Nullable Object slotAlone(Window window, InTable table) {
        int index = window.next();
        long data = table.userData[index];
        Object found = table.findBySlot(data);
        if (found != null) {
            table.removeBySlot(data);
        }
        // The generation stays 0.
        table.userData[index] = table.add(window.operation);
        return found;
    }

    /// A number that is never used again.
    @Benchmark
    public @Nullable Object hashMap(Window window, InMap map) {
        int index = window.next();
        Object found = map.operations.remove(map.userData[index]);
        map.userData[index] = map.add(window.operation);
        return found;
    }
}
