package dev.corio.bench.alternatives;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.corio.linux.Downcalls;
import dev.corio.uring.IoUring;
import dev.corio.uring.Ring;
import dev.corio.uring.RingFeatures;
import dev.corio.uring.RingOptions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// One `io_uring_enter` that finds nothing to do: what is left is the way there and back.
///
/// Corio calls liburing's function, which answers `-errno` itself.
///
/// - libc's `syscall` answers -1 and leaves the reason in errno, which the JVM has to save before
///   it does anything else ([Linker.Option#captureCallState]). Then liburing would not be needed.
/// - The same without saving errno is no choice, as one failure could not be told from another: the
///   difference is what saving costs.
///
/// Beside the system call that is little, and the memory for errno could be the ring's. What
/// decided is that a call then has one answer and one dialect, that of completions.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class EnterCall {
    /// The same on every processor.
    private static final long SYS_IO_URING_ENTER = 426;

    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            CAPTURED.varHandle(StructLayout.PathElement.groupElement("errno"));
    private static final MethodHandle CAPTURING = link(Linker.Option.captureCallState("errno"));
    private static final MethodHandle IGNORING = link();

    @SuppressWarnings("NullAway.Init") // JMH calls open first
    private Ring ring;

    private final Arena arena = Arena.ofConfined();

    private final MemorySegment captured = arena.allocate(CAPTURED);

    /// A ring without a registered descriptor, which only its own calls would know.
    @Setup
    public void open() throws IOException {
        ring = Ring.open(new RingOptions(8, 8, RingFeatures.probe().masked("-REGISTERED_RING")));
    }

    /// Gives it back.
    @TearDown
    public void close() {
        arena.close();
        ring.close();
    }

    /// liburing's function.
    @Benchmark
    public int corio() {
        return ring.submitAndGet();
    }

    /// libc's, errno saved.
    @Benchmark
    public int errnoCaptured() throws Throwable {
        long answer =
                (long)
                        CAPTURING.invokeExact(
                                captured,
                                SYS_IO_URING_ENTER,
                                (long) ring.fd(),
                                0L,
                                0L,
                                (long) IoUring.IORING_ENTER_GETEVENTS,
                                0L);
        return answer < 0 ? -(int) ERRNO.get(captured, 0L) : (int) answer;
    }

    /// libc's, errno lost.
    @Benchmark
    public long errnoLost() throws Throwable {
        return (long)
                IGNORING.invokeExact(
                        SYS_IO_URING_ENTER,
                        (long) ring.fd(),
                        0L,
                        0L,
                        (long) IoUring.IORING_ENTER_GETEVENTS,
                        0L);
    }

    /// With the six words of every call of ours: the seventh, the size of a set of signals, is not
    /// looked at where there is none.
    private static MethodHandle link(Linker.Option... options) {
        MemorySegment function = Linker.nativeLinker().defaultLookup().findOrThrow("syscall");
        return Downcalls.link(
                function,
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG),
                options);
    }
}
