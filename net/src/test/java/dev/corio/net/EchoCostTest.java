package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.CoreStats;
import dev.corio.core.Cores;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.IoBuffer;
import dev.corio.core.RealReceive;
import dev.corio.core.Task;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/// What a message costs, in counts, which do not depend on the machine: bytes allocated, entries
/// into the kernel and what each brings. Server and clients are cores of their own; only the server
/// is counted. A simulated kernel has one core, and costs of its own.
final class EchoCostTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int CONNECTIONS = 64;
    private static final int MESSAGE_BYTES = 128;
    private static final int LONE_ECHOES = 20_000;
    private static final int ROUNDS_MAX = 300;
    private static final int COUNTED_ECHOES = 200;
    private static final double ENTERS_MAX = 0.2;
    private static final double BYTES_MAX = 0.1;

    /// One entry brings what all busy connections have. A third of the least that was measured on
    /// two loaded CPUs: 30 to 120, by driver and service.
    private static final double COMPLETIONS_PER_ENTER_MIN = 10;

    /// For a message through the relay, the echo behind it included: three times the most that was
    /// measured so, 0.025 to 0.084.
    private static final double ENTERS_PER_RELAYED_MAX = 0.25;

    /// A view of the memory for errno, which the JDK makes for each system call. Its compiler
    /// removes it, for nobody keeps it; but not always, though all is inlined, where the call is a
    /// send on epoll. On io_uring a call serves many messages.
    private static final int ERRNO_VIEW_BYTES = 40;

    private static final int EPOLL_ROUNDS_MAX = 30;

    @RealReceive
    void echoedMessageAllocatesNothingAndSharesItsEntryIntoTheKernel(DriverUnderTest driver)
            throws Exception {
        Cost cost = measure(driver, EchoCostTest::echo);
        assertAllocatesNothing(driver, 1, cost);
        assertTrue(cost.entersPerEcho() <= ENTERS_MAX, cost.toString());
        assertTrue(cost.completionsPerEnter() >= COMPLETIONS_PER_ENTER_MIN, cost.toString());
        assertTrue(cost.submissionsPerEcho() <= 2.1, cost.toString());
    }

    @RealReceive
    void messageReceivedIntoABufferThatIsKeptForItAllocatesNothing(DriverUnderTest driver)
            throws Exception {
        Cost cost = measure(driver, EchoCostTest::echoFromPicked);
        assertAllocatesNothing(driver, 1, cost);
    }

    /// The task is switched to once for a message, not once more for its answer; by multishot the
    /// bytes come without being asked for.
    @RealReceive
    void messageHandedOverAllocatesNothingAndCostsOneSwitch(DriverUnderTest driver)
            throws Exception {
        Cost cost = measure(driver, EchoCostTest::echoHandedOver);
        assertAllocatesNothing(driver, 1, cost);
        int receives = driver.isMultishot() ? 0 : 1;
        assertTrue(cost.submissionsPerEcho() <= receives + 1.1, cost.toString());
        assertTrue(cost.switchesPerEcho() <= 1.1, cost.toString());
        assertTrue(cost.entersPerEcho() <= ENTERS_MAX, cost.toString());
        assertTrue(cost.completionsPerEnter() >= COMPLETIONS_PER_ENTER_MIN, cost.toString());
    }

    /// Half of them find no buffer, where all have bytes at once: they go on without a failure and
    /// without a buffer of their own, as soon as the others give theirs back.
    @RealReceive
    void moreBusyConnectionsThanBuffersAllocateNothing(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.optionsOfProduction().groupBuffers(CONNECTIONS / 2);
        Cost cost = measure(driver, options, EchoCostTest::echoHandedOver);
        assertAllocatesNothing(driver, 1, cost);
        assertTrue(cost.submissionsPerEcho() <= 3.1, cost.toString());
    }

    @RealReceive
    void relayedMessageAllocatesNothingAndSharesItsEntryIntoTheKernel(DriverUnderTest driver)
            throws Exception {
        Cost cost = measure(driver, EchoCostTest::echoThroughRelay);
        // There and back through the relay, and the echo behind it.
        assertAllocatesNothing(driver, 3, cost);
        int receives = driver.isMultishot() ? 0 : 2;
        assertTrue(cost.submissionsPerEcho() <= receives + 2 + 2.1, cost.toString());
        // On epoll each receive and each send is a call of its own.
        int calls = driver == DriverUnderTest.EPOLL ? 6 : 0;
        double callsMax = calls + 2 * ENTERS_PER_RELAYED_MAX;
        assertTrue(cost.systemCallsPerEcho() <= callsMax, cost.toString());
        assertTrue(cost.completionsPerEnter() >= COMPLETIONS_PER_ENTER_MIN, cost.toString());
    }

    private record Cost(
            double bytesPerEcho,
            double entersPerEcho,
            double systemCallsPerEcho,
            double completionsPerEnter,
            double submissionsPerEcho,
            double switchesPerEcho) {
        /// The compiler is done, and nothing else on the machine kept clients and server apart.
        boolean isSteady() {
            return bytesPerEcho < BYTES_MAX
                    && entersPerEcho <= ENTERS_MAX
                    && completionsPerEnter >= COMPLETIONS_PER_ENTER_MIN;
        }
    }

    @FunctionalInterface
    private interface Service {
        void serve(TcpStream stream) throws Exception;
    }

    private static Cost measure(DriverUnderTest driver, Service service) throws Exception {
        return measure(driver, driver.optionsOfProduction(), service);
    }

    private static Cost measure(DriverUnderTest driver, CoreOptions unpinned, Service service)
            throws Exception {
        // On one CPU the server runs when the clients wait: it is always found busy.
        CoreOptions options = unpinned.pin(true);
        try (Cores server = Cores.start(options);
                Cores clients = Cores.start(options)) {
            Core core = server.core(0);
            InetSocketAddress address = onCore(core, () -> listen(core, service));
            List<TcpStream> streams = onCore(clients.core(0), () -> connect(address));
            // The steady state begins when the compiler has done its work. A lone connection makes
            // it work on the entries into the kernel, of which the busy ones need so few.
            roundTrips(clients.core(0), streams.subList(0, 1), LONE_ECHOES);
            Cost cost = count(core, clients.core(0), streams);
            int roundsMax = driver == DriverUnderTest.EPOLL ? EPOLL_ROUNDS_MAX : ROUNDS_MAX;
            for (int i = 0; i < roundsMax && !cost.isSteady(); i++) {
                cost = count(core, clients.core(0), streams);
            }
            return cost;
        }
    }

    /// One allocation of ours per message would be 16 bytes or more.
    ///
    /// @param sends for each echo
    private static void assertAllocatesNothing(DriverUnderTest driver, int sends, Cost cost) {
        // No round is steady with the view, so a round counts that has a little beside it.
        double bytesMax =
                driver == DriverUnderTest.EPOLL ? sends * ERRNO_VIEW_BYTES + 1 : BYTES_MAX;
        assertTrue(cost.bytesPerEcho() < bytesMax, cost.toString());
    }

    private static Cost count(Core core, Core clients, List<TcpStream> streams) throws Exception {
        CoreStats before = core.stats();
        long bytesBefore = allocatedBy(core);
        roundTrips(clients, streams, COUNTED_ECHOES);
        long bytes = allocatedBy(core) - bytesBefore;
        CoreStats stats = core.stats().minus(before);
        double echoes = (double) COUNTED_ECHOES * CONNECTIONS;
        return new Cost(
                bytes / echoes,
                stats.enters() / echoes,
                stats.systemCalls() / echoes,
                stats.completionsPerEnter(),
                stats.submissions() / echoes,
                stats.taskSwitches() / echoes);
    }

    private static <T> T onCore(Core core, Callable<T> body) throws Exception {
        return core.spawn("probe", body).join();
    }

    /// What the thread of a core has allocated so far, in the loop and in all tasks that it
    /// carried.
    private static long allocatedBy(Core core) throws Exception {
        CompletableFuture<Long> bytes = new CompletableFuture<>();
        core.execute(() -> bytes.complete(THREADS.getCurrentThreadAllocatedBytes()));
        return bytes.get();
    }

    private static InetSocketAddress listen(Core core, Service service) throws IOException {
        TcpListener listener = TcpListener.bind(Peers.anyPort());
        core.spawn(
                "accept",
                () -> {
                    while (true) {
                        TcpStream stream = listener.accept();
                        core.spawn(
                                "serve",
                                () -> {
                                    service.serve(stream);
                                    return null;
                                });
                    }
                });
        return listener.localAddress();
    }

    private static void echo(TcpStream stream) throws IOException {
        try (stream;
                IoBuffer buffer = IoBuffer.lease()) {
            while (stream.read(buffer) != -1) {
                stream.writeFully(buffer);
            }
        }
    }

    private static void echoFromPicked(TcpStream stream) throws IOException {
        IoBuffer buffer = IoBuffer.unleased();
        try (stream;
                buffer) {
            while (stream.receive(buffer)) {
                stream.writeFully(buffer);
                buffer.close();
            }
        }
    }

    private static void echoHandedOver(TcpStream stream) throws IOException {
        IoBuffer buffer = IoBuffer.unleased();
        try (stream;
                buffer) {
            while (stream.receive(buffer)) {
                stream.send(buffer);
            }
        }
    }

    private static void echoThroughRelay(TcpStream stream) throws Exception {
        try (stream;
                Peers peers = Peers.open()) {
            Core.current()
                    .spawn(
                            "upstream",
                            () -> {
                                echo(peers.server);
                                return null;
                            });
            Relay.run(stream, peers.client, RelayOptions.defaults());
        }
    }

    private static List<TcpStream> connect(InetSocketAddress address) throws IOException {
        TcpStream[] streams = new TcpStream[CONNECTIONS];
        for (int i = 0; i < CONNECTIONS; i++) {
            streams[i] = TcpStream.connect(address);
        }
        return List.of(streams);
    }

    private static void roundTrips(Core core, List<TcpStream> streams, int echoes)
            throws Exception {
        List<Task<Void>> tasks =
                streams.stream()
                        .map(stream -> core.spawn("client", () -> roundTrips(stream, echoes)))
                        .toList();
        for (Task<Void> task : tasks) {
            task.join();
        }
    }

    private static Void roundTrips(TcpStream stream, int echoes) throws IOException {
        try (IoBuffer buffer = IoBuffer.lease()) {
            for (int i = 0; i < echoes; i++) {
                buffer.clear().advance(MESSAGE_BYTES);
                stream.writeFully(buffer);
                while (buffer.readableBytes() < MESSAGE_BYTES) {
                    assertTrue(stream.read(buffer) > 0);
                }
            }
        }
        return null;
    }
}
