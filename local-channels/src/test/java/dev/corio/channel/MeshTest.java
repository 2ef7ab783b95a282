package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryDriver;
import dev.corio.core.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

final class MeshTest {
    private static final int CORES = 4;
    private static final int ITEMS = 2_000;

    private record Item(int from, int number) {}

    /// Four loops on one CPU.
    private static Cores start(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options();
        int cpu = options.cpus()[0];
        return Cores.start(options.cpus(cpu, cpu, cpu, cpu));
    }

    @EveryDriver
    void everyCoreTalksToEveryCore(DriverUnderTest driver) throws Exception {
        try (Cores cores = start(driver)) {
            Mesh<Item> mesh = Mesh.of(cores, 4);
            List<Task<Void>> tasks =
                    new ArrayList<>(cores.spawnOnEach("receive", core -> receiveAll(mesh)));
            tasks.addAll(
                    cores.spawnOnEach(
                            "send",
                            core -> {
                                Mesh<Item>.Port port = mesh.join();
                                for (int i = 0; i < ITEMS; i++) {
                                    for (int to = 0; to < CORES; to++) {
                                        port.send(to, new Item(core.index(), i));
                                    }
                                }
                                port.close();
                            }));
            for (Task<Void> task : tasks) {
                task.join();
            }
        }
    }

    private static void receiveAll(Mesh<Item> mesh) throws InterruptedException {
        Mesh<Item>.Port port = mesh.join();
        int[] next = new int[CORES];
        Item item;
        while ((item = port.receive()) != null) {
            assertEquals(port.sender(), item.from());
            assertEquals(next[item.from()]++, item.number());
        }
        for (int count : next) {
            assertEquals(ITEMS, count);
        }
    }

    @Test
    void closedMeshEndsReceiversAndRefusesItems() throws Exception {
        try (Cores cores = start(DriverUnderTest.EPOLL)) {
            Mesh<Integer> mesh = Mesh.of(cores, 4);
            List<Task<Void>> tasks =
                    cores.spawnOnEach(
                            "receive",
                            core -> {
                                Mesh<Integer>.Port port = mesh.join();
                                assertEquals(null, port.receive());
                                assertThrows(ClosedException.class, () -> port.trySend(0, 1));
                            });
            mesh.close();
            for (Task<Void> task : tasks) {
                task.join();
            }
        }
    }

    @Test
    void coreOfOthersIsRefused() throws Exception {
        try (Cores cores = start(DriverUnderTest.EPOLL);
                Cores others = start(DriverUnderTest.EPOLL)) {
            Mesh<Integer> mesh = Mesh.of(cores, 4);
            assertThrows(
                    ExecutionException.class,
                    () -> others.core(1).spawn("join", mesh::join).join());
        }
    }
}
