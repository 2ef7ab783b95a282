package dev.corio.bench.alternatives;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.PathElement.sequenceElement;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.corio.uring.IoUring;
import dev.corio.uring.Sqe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// Writing a receive into a slot of the submission queue: 64 bytes set to zero, then six fields.
///
/// Corio has [Sqe], an object that moves over the slots and stores at plain addresses, through the
/// one segment that is all of memory. There is nothing to check that could be wrong: the kernel
/// gave the addresses, and the index is masked.
///
/// - A segment of the ring with a [VarHandle] for each field, as jextract generates them, checks
///   its thread, its lifetime and its bounds for each store, where the compiler cannot see that it
///   need not.
/// - A slice of the segment for each slot is the same by hand, and an object, which is removed
///   where all that uses it is inlined.
/// - A direct [ByteBuffer] belongs to no thread, and its lifetime is the collector's.
///
/// With everything inlined they are a few nanoseconds apart, and the kernel needs a hundred times
/// that for the entry. What decided is that an address depends on no inlining, has no arena that
/// must outlive the ring, and does as well over entries that no ring has: drivers that play kernel
/// read theirs through the same class.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class EntryWriting {
    private static final int ENTRIES = 256;
    private static final long WORDS = Sqe.BYTES / Long.BYTES;
    private static final int FD = 4;
    private static final int ADDR = 16;
    private static final int LEN = 24;
    private static final int OP_FLAGS = 28;
    private static final int USER_DATA = 32;

    private static final StructLayout ENTRY =
            MemoryLayout.structLayout(
                    JAVA_BYTE.withName("opcode"),
                    JAVA_BYTE.withName("flags"),
                    JAVA_SHORT.withName("ioprio"),
                    JAVA_INT.withName("fd"),
                    JAVA_LONG.withName("off"),
                    JAVA_LONG.withName("addr"),
                    JAVA_INT.withName("len"),
                    JAVA_INT.withName("op_flags"),
                    JAVA_LONG.withName("user_data"),
                    MemoryLayout.paddingLayout(24));
    private static final SequenceLayout ENTRIES_LAYOUT =
            MemoryLayout.sequenceLayout(ENTRIES, ENTRY);
    private static final VarHandle WORD_HANDLE =
            MemoryLayout.sequenceLayout(ENTRIES * WORDS, JAVA_LONG).varHandle(sequenceElement());
    private static final VarHandle OPCODE_HANDLE = field("opcode");
    private static final VarHandle FD_HANDLE = field("fd");
    private static final VarHandle ADDR_HANDLE = field("addr");
    private static final VarHandle LEN_HANDLE = field("len");
    private static final VarHandle OP_FLAGS_HANDLE = field("op_flags");
    private static final VarHandle USER_DATA_HANDLE = field("user_data");

    // What a ring would have mapped.
    private final Arena arena = Arena.ofConfined();

    private final MemorySegment segment = arena.allocate(ENTRIES_LAYOUT);

    private final ByteBuffer buffer = segment.asByteBuffer().order(ByteOrder.nativeOrder());

    private final Sqe sqe = Sqe.over(segment.address());

    /// Gives it back.
    @TearDown
    public void free() {
        arena.close();
    }

    /// The flyweight.
    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public void corio() {
        for (int i = 0; i < ENTRIES; i++) {
            Sqe slot = sqe.slot(i);
            slot.clear();
            slot.recv(i, (long) i << 14, 1 << 14, 0).userData(i);
        }
    }

    /// A handle for each field.
    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public void varHandles() {
        for (int i = 0; i < ENTRIES; i++) {
            for (long word = 0; word < WORDS; word++) {
                WORD_HANDLE.set(segment, 0L, i * WORDS + word, 0L);
            }
            OPCODE_HANDLE.set(segment, 0L, (long) i, (byte) IoUring.IORING_OP_RECV);
            FD_HANDLE.set(segment, 0L, (long) i, i);
            ADDR_HANDLE.set(segment, 0L, (long) i, (long) i << 14);
            LEN_HANDLE.set(segment, 0L, (long) i, 1 << 14);
            OP_FLAGS_HANDLE.set(segment, 0L, (long) i, 0);
            USER_DATA_HANDLE.set(segment, 0L, (long) i, (long) i);
        }
    }

    /// A slice for each slot.
    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public void slices() {
        for (int i = 0; i < ENTRIES; i++) {
            MemorySegment slot = segment.asSlice((long) i * Sqe.BYTES, Sqe.BYTES);
            for (int offset = 0; offset < Sqe.BYTES; offset += Long.BYTES) {
                slot.set(JAVA_LONG, offset, 0);
            }
            slot.set(JAVA_BYTE, 0, (byte) IoUring.IORING_OP_RECV);
            slot.set(JAVA_INT, FD, i);
            slot.set(JAVA_LONG, ADDR, (long) i << 14);
            slot.set(JAVA_INT, LEN, 1 << 14);
            slot.set(JAVA_INT, OP_FLAGS, 0);
            slot.set(JAVA_LONG, USER_DATA, i);
        }
    }

    /// A buffer of bytes.
    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public void byteBuffer() {
        for (int i = 0; i < ENTRIES; i++) {
            int slot = i * Sqe.BYTES;
            for (int offset = 0; offset < Sqe.BYTES; offset += Long.BYTES) {
                buffer.putLong(slot + offset, 0);
            }
            buffer.put(slot, (byte) IoUring.IORING_OP_RECV);
            buffer.putInt(slot + FD, i);
            buffer.putLong(slot + ADDR, (long) i << 14);
            buffer.putInt(slot + LEN, 1 << 14);
            buffer.putInt(slot + OP_FLAGS, 0);
            buffer.putLong(slot + USER_DATA, i);
        }
    }

    private static VarHandle field(String name) {
        return ENTRIES_LAYOUT.varHandle(sequenceElement(), groupElement(name));
    }
}
