package dev.corio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryReceive;
import dev.corio.core.IoBuffer;
import dev.corio.core.Suspension;
import dev.corio.core.Task;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;

/// What a connection costs that only waits.
final class IdleConnectionTest {
    private static final int CONNECTIONS = 2_000;
    private static final int HEAP_BYTES_MAX = 1024;
    private static final int ROUNDS_MAX = 10;

    @EveryReceive
    void waitingConnectionTakesLittleHeapBesideItsTaskAndNoBuffer(DriverUnderTest driver)
            throws Exception {
        driver.run(
                driver.optionsOfProduction(),
                core -> {
                    // The first ones grow the tables.
                    waiting(core, connections());
                    waiting(core, suspensions(core));
                    long task = waiting(core, suspensions(core));
                    long connection = waiting(core, connections());
                    // Frames of the interpreter are bigger, so the steady state is what counts.
                    for (int i = 0; i < ROUNDS_MAX && connection - task > HEAP_BYTES_MAX; i++) {
                        task = waiting(core, suspensions(core));
                        connection = waiting(core, connections());
                    }
                    assertTrue(
                            connection - task <= HEAP_BYTES_MAX,
                            connection
                                    + " bytes for a waiting connection, "
                                    + task
                                    + " for a task that waits for something else");
                });
    }

    /// Starts tasks that wait; the bytes of heap that each holds.
    private static long waiting(Core core, List<Callable<Void>> bodies) throws Exception {
        long before = heapBytes();
        List<Task<Void>> tasks = new ArrayList<>(bodies.size());
        for (Callable<Void> body : bodies) {
            tasks.add(core.spawn("waiting", body));
        }
        Core.sleep(Duration.ofMillis(50));
        assertEquals(0, core.buffers().leasedCount(), "idle connections hold buffers");
        long held = heapBytes() - before;
        for (Task<Void> task : tasks) {
            task.cancel();
        }
        for (Task<Void> task : tasks) {
            try {
                task.join();
            } catch (CancellationException e) {
                assertTrue(task.isDone());
            }
        }
        return held / bodies.size();
    }

    private static List<Callable<Void>> suspensions(Core core) {
        List<Callable<Void>> bodies = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            bodies.add(() -> {
                new Suspension(core, "nothing").await();
                return null;
            });
        }
        return bodies;
    }

    private static List<Callable<Void>> connections() throws IOException {
        List<Callable<Void>> bodies = new ArrayList<>();
        try (TcpListener listener = TcpListener.bind(Peers.anyPort())) {
            for (int i = 0; i < CONNECTIONS; i++) {
                TcpStream client = TcpStream.connect(listener.localAddress());
                bodies.add(serving(listener.accept(), client));
            }
        }
        return bodies;
    }

    /// The socket is opened again when the task begins, so that the stream counts as part of it.
    private static Callable<Void> serving(TcpStream accepted, TcpStream client) {
        int server = accepted.core().sockets().duplicate(accepted.descriptor().fd());
        accepted.close();
        return () -> {
            try (TcpStream stream = TcpStream.ofSocket(server);
                    IoBuffer received = stream.receive()) {
                throw new AssertionError("nobody sends, but this came: " + received);
            } finally {
                client.close();
            }
        };
    }

    private static long heapBytes() {
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
