package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.corio.uring.RingFeature;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// The drivers that every input and output test runs on, and the way to run it: on a core of its
/// own, after which nothing may be left behind.
public enum DriverUnderTest {
    /// With all that the kernel has.
    IO_URING(DriverKind.IO_URING, "", true),
    /// But receiving message by message, and with what is only used on request.
    IO_URING_SINGLE_SHOT(DriverKind.IO_URING, "+FIXED_FILES,+POLL_FIRST,+PBUF_INC"),
    /// But sending without copies, out of buffers that messages share: for tests of streams.
    IO_URING_ZERO_COPY(DriverKind.IO_URING, "+PBUF_INC", true),
    /// The rungs of the ladder that older kernels lack, left unused.
    IO_URING_6_1(DriverKind.IO_URING, "kernel-6.1"),
    /// Without deferred completion work, which the kernel then does whenever it likes.
    IO_URING_6_0(DriverKind.IO_URING, "kernel-6.0", true),
    IO_URING_5_15(DriverKind.IO_URING, "kernel-5.15"),
    IO_URING_5_10(DriverKind.IO_URING, "kernel-5.10"),
    IO_URING_5_7(DriverKind.IO_URING, "kernel-5.7"),
    EPOLL(DriverKind.EPOLL, ""),
    /// A kernel in memory, without trouble.
    SIMULATED(DriverKind.SIMULATED, "", true),
    SIMULATED_SINGLE_SHOT(DriverKind.SIMULATED, "");

    /// Long enough for a fault to strike before the memory is used again.
    private static final int GUARDED = 256;

    /// Seconds for one test: more where the machine is emulated.
    private static final Duration TIMEOUT =
            Duration.ofSeconds(Integer.getInteger("corio.test.timeout", 60));

    static {
        // The pollers of the JDK start with the first cores and keep theirs.
        VirtualThreads.ensureAccessible();
        // The JDK keeps a descriptor for itself from the first socket on; it is not ours to count.
        try (Socket socket = new Socket()) {
            socket.bind(null);
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final DriverKind kind;
    private final String mask;
    private final boolean multishot;

    DriverUnderTest(DriverKind kind, String mask) {
        this(kind, mask, false);
    }

    DriverUnderTest(DriverKind kind, String mask, boolean multishot) {
        this.kind = kind;
        this.multishot = multishot;
        // A run on a preset takes that away from each rung too.
        this.mask = mask + "," + CoreOptions.defaults().featureMask();
    }

    /// What a test does on its core, as a task.
    @FunctionalInterface
    public interface Body {
        void run(Core core) throws Exception;
    }

    /// Those that this run is about: all, or the ones that `corio.test.drivers` names.
    public static Stream<DriverUnderTest> chosen() {
        String names = System.getProperty("corio.test.drivers");
        return names == null
                ? Stream.of(values()).filter(driver -> !driver.isVariant())
                : Stream.of(names.split(",")).map(DriverUnderTest::valueOf);
    }

    /// Of those, the ones that are a kernel.
    public static Stream<DriverUnderTest> chosenReal() {
        return chosen().filter(DriverUnderTest::isReal);
    }

    /// Those, and once more without multishot receive, and without copies, where they have it.
    public static Stream<DriverUnderTest> chosenReceiving() {
        return chosen().mapMulti((driver, next) -> {
            next.accept(driver);
            if (driver == IO_URING) {
                next.accept(IO_URING_SINGLE_SHOT);
                next.accept(IO_URING_ZERO_COPY);
            } else if (driver == SIMULATED) {
                next.accept(SIMULATED_SINGLE_SHOT);
            }
        });
    }

    /// Of those, the ones that are a kernel.
    public static Stream<DriverUnderTest> chosenReceivingReal() {
        return chosenReceiving().filter(DriverUnderTest::isReal);
    }

    /// Whether one request serves many messages here.
    public boolean isMultishot() {
        try {
            return multishot && (!isReal() || receivesByMultishot(DriverChoice.of(kind, mask)));
        } catch (IOException e) {
            return false;
        }
    }

    /// Whether a send is over only when the peer has its bytes.
    public boolean sendsWithoutCopy() {
        return this == IO_URING_ZERO_COPY;
    }

    private static boolean receivesByMultishot(DriverChoice choice) {
        return choice.features().has(RingFeature.MULTISHOT_RECV);
    }

    private boolean isVariant() {
        return isSingleShot() || sendsWithoutCopy();
    }

    private boolean isSingleShot() {
        return this == IO_URING_SINGLE_SHOT || this == SIMULATED_SINGLE_SHOT;
    }

    private boolean isReal() {
        return kind != DriverKind.SIMULATED;
    }

    /// Options for one core that is not pinned.
    public CoreOptions options() {
        try {
            DriverChoice choice = DriverChoice.of(kind, mask);
            Assumptions.assumeTrue(
                    !isSingleShot() || !isReal() || receivesByMultishot(choice),
                    "no MULTISHOT_RECV here: as IO_URING");
            Assumptions.assumeTrue(
                    !sendsWithoutCopy() || choice.features().has(RingFeature.SEND_ZC),
                    "no SEND_ZC here: as IO_URING");
        } catch (IOException e) {
            Assumptions.abort("io_uring unavailable: " + e.getMessage());
        }
        return CoreOptions.defaults()
                .driver(kind)
                .featureMask(mask)
                .multishotReceive(multishot)
                .sendZeroCopyBytes(sendsWithoutCopy() ? 1 : 0)
                .cpus(anyCpu())
                .pin(false)
                .guardedBuffers(GUARDED)
                .leakDetection(LeakDetection.ALL);
    }

    /// As above, without what only tests have: for those that measure.
    public CoreOptions optionsOfProduction() {
        return options().guardedBuffers(0).leakDetection(LeakDetection.SAMPLED);
    }

    /// As above, for tests that count buffers: each of the group serves one message.
    public CoreOptions optionsWithWholeBuffers() {
        return options().featureMask(mask + ",-PBUF_INC");
    }

    /// Runs a test on one core.
    public void run(Body body) throws Exception {
        run(options(), body);
    }

    /// Runs a test on one core that is set up specially, and checks that it leaves nothing behind:
    /// no operation in flight, no buffer, no task, no descriptor.
    public void run(CoreOptions options, Body body) throws Exception {
        int openBefore = openFiles();
        try (Cores cores = Cores.start(options)) {
            Core core = cores.core(0);
            Task<?> task =
                    core.spawn(
                            "test",
                            () -> {
                                body.run(core);
                                return null;
                            });
            join(task);
            // The last completions may be on their way.
            CoreStats stats = settled(core);
            assertEquals(0, stats.operationsInFlight(), "operations left in flight");
            assertEquals(0, stats.tasksLive(), "tasks left");
            assertEquals(0, stats.descriptorsOpen(), "descriptors left open");
            assertEquals(0, stats.buffersLeased(), "buffers left leased");
            assertEquals(0, stats.staleCompletions(), "stale completions");
            if (core.driver() instanceof SimulatedDriver simulated) {
                assertEquals(0, simulated.kernel().openCount(), "simulated files left open");
                assertNull(core.world().violation());
            }
        }
        assertEquals(openBefore, openFiles(), "files left open by the process");
    }

    /// Has a core fail, as if its driver could not go on, and waits until it has ended.
    public static void fail(Core core) throws InterruptedException {
        try (Logged _ = new Logged()) {
            core.execute(() -> core.failure().begin(new IOException("the test ends it")));
            core.awaitClosed();
            LoopLogger.flush();
        }
    }

    private static CoreStats settled(Core core) throws InterruptedException {
        CoreStats stats = core.stats();
        for (int i = 0; i < 200 && !isIdle(stats); i++) {
            Thread.sleep(10);
            stats = core.stats();
        }
        return stats;
    }

    private static boolean isIdle(CoreStats stats) {
        return stats.operationsInFlight() == 0
                && stats.tasksLive() == 0
                && stats.descriptorsOpen() == 0
                && stats.buffersLeased() == 0;
    }

    private static void join(Task<?> task) throws Exception {
        try {
            task.join(TIMEOUT);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        } catch (TimeoutException e) {
            AssertionError error = new AssertionError("the test hangs; its task is here:");
            error.setStackTrace(task.thread().getStackTrace());
            throw error;
        }
    }

    private static int anyCpu() {
        try {
            return Cpus.read().allowed().getFirst();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// How many sockets, eventfds, epolls and rings this process has. Files are left out: the JDK
    /// opens some for itself when a class is first used.
    public static int openFiles() throws IOException {
        int count = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path file : files) {
                if (isOurKind(file)) {
                    count++;
                }
            }
        }
        return count;
    }

    private static boolean isOurKind(Path file) {
        try {
            String target = Files.readSymbolicLink(file).toString();
            return target.startsWith("socket:") || target.startsWith("anon_inode:");
        } catch (IOException e) {
            // The descriptor of the directory stream itself, gone by now.
            return false;
        }
    }
}
