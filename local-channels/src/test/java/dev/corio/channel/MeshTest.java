package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
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
            tasks.addAll(cores.spawnOnEach("send", core -> sendToAll(mesh)));
            for (Task<Void> task : tasks) {
                task.join();
            }
        }
    }

    private static void sendToAll(Mesh<Item> mesh) throws InterruptedException {
        Mesh<Item>.Port port = mesh.join();
        int here = Core.current().index();
        for (int i = 0; i < ITEMS; i++) {
            for (int to = 0; to < CORES; to++) {
                port.send(to, new Item(here, i));
            }
        }
        port.close();
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

    @EveryDriver
    void batchesComeFromEveryCoreWithTheirSender(DriverUnderTest driver) throws Exception {
        try (Cores cores = start(driver)) {
            Mesh<Item> mesh = Mesh.of(cores, 16);
            List<Task<Void>> tasks =
                    new ArrayList<>(cores.spawnOnEach("receive", core -> receiveInBatches(mesh)));
            tasks.addAll(cores.spawnOnEach("send", core -> sendToAll(mesh)));
            for (Task<Void> task : tasks) {
                task.join();
            }
        }
    }

    private static void receiveInBatches(Mesh<Item> mesh) throws InterruptedException {
        Mesh<Item>.Port port = mesh.join();
        int[] next = new int[CORES];
        int[] count = {0};
        int taken;
        while ((taken = port.receiveMany(item -> expect(port, next, count, item), 20)) > 0) {
            assertEquals(taken, count[0]);
            count[0] = 0;
        }
        assertTrue(port.isDrained());
        for (int each : next) {
            assertEquals(ITEMS, each);
        }
    }

    private static void expect(Mesh<Item>.Port port, int[] next, int[] count, Item item) {
        assertEquals(port.sender(), item.from());
        assertEquals(next[item.from()]++, item.number());
        count[0]++;
        assertTrue(count[0] <= 20);
    }

    @EveryDriver
    void whatIsThereIsTakenWithoutAWaitEachCoreInItsTurn(DriverUnderTest driver) throws Exception {
        try (Cores cores = start(driver)) {
            Mesh<Item> mesh = Mesh.of(cores, 4);
            Cores.Body sendTwo =
                    core -> {
                        for (int number = 0; number < 2; number++) {
                            mesh.join().send(0, new Item(core.index(), number));
                        }
                    };
            for (Task<Void> task : cores.spawnOnEach("send", sendTwo)) {
                task.join();
            }
            cores.core(0)
                    .spawn(
                            "receive",
                            () -> {
                                Mesh<Item>.Port port = mesh.join();
                                for (int from = 0; from < CORES; from++) {
                                    assertEquals(new Item(from, 0), port.tryReceive());
                                    assertEquals(from, port.sender());
                                }
                                List<Item> rest = new ArrayList<>();
                                assertEquals(1, port.drain(rest::add, 1));
                                assertEquals(3, port.drain(rest::add, 10));
                                assertEquals(0, port.drain(rest::add, 10));
                                assertEquals(3, port.sender(), "that of the last item");
                                assertEquals(
                                        List.of(
                                                new Item(0, 1),
                                                new Item(1, 1),
                                                new Item(2, 1),
                                                new Item(3, 1)),
                                        rest);
                                assertNull(port.tryReceive());
                                assertFalse(port.isDrained());
                                mesh.close();
                                assertNull(port.tryReceive());
                                assertTrue(port.isDrained());
                            })
                    .join();
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
