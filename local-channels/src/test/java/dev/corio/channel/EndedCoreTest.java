package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryDriver;
import dev.corio.core.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A core ends, in order or by failure, while others wait for what only it could do: all of them
/// are told.
final class EndedCoreTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    /// How a core comes to its end.
    private enum End {
        CLOSED,
        FAILED;

        void bring(Cores cores) throws Exception {
            if (this == FAILED) {
                DriverUnderTest.fail(cores.core(0));
            }
            cores.close();
        }
    }

    /// Starts what waits, as a task of a core that lives.
    @FunctionalInterface
    private interface Setting {
        List<Task<?>> open(Core living, Core ending) throws Exception;
    }

    /// Has everything wait, ends one core, and expects that nobody waits any more.
    private static void expectToldOfTheEnd(DriverUnderTest driver, Setting setting)
            throws Exception {
        for (End end : End.values()) {
            Cores ending = Cores.start(driver.options());
            try (Cores living = Cores.start(driver.options());
                    ending) {
                List<Task<?>> waiting = setting.open(living.core(0), ending.core(0));
                pass(living.core(0));
                for (Task<?> each : waiting) {
                    assertFalse(each.isDone(), "does not wait: " + each);
                }
                end.bring(ending);
                for (Task<?> each : waiting) {
                    each.join(LONG);
                }
            }
        }
    }

    @EveryDriver
    void tasksThatWaitForRoomAreRefusedWithTheirItems(DriverUnderTest driver) throws Exception {
        expectToldOfTheEnd(
                driver,
                (living, ending) -> {
                    CrossCoreChannel<Integer> one = CrossCoreChannel.spsc(living, ending, 2);
                    CrossCoreChannel<Integer> many = CrossCoreChannel.mpsc(ending, 2);
                    return List.of(
                            living.spawn("spsc", () -> fillUntilRefused(one)),
                            living.spawn("mpsc", () -> fillUntilRefused(many)),
                            living.spawn("mpsc again", () -> fillUntilRefused(many)),
                            living.spawn(
                                    "select",
                                    () -> {
                                        Select select = Select.fair();
                                        SendCase<Integer> sending = select.send(many, 5);
                                        assertSame(sending, select.await());
                                        assertThrows(ClosedException.class, sending::value);
                                    }));
                });
    }

    private static void fillUntilRefused(CrossCoreChannel<Integer> channel) {
        ClosedException e =
                assertThrows(
                        ClosedException.class,
                        () -> {
                            for (int i = 0; i < 5; i++) {
                                channel.send(5);
                            }
                        });
        assertEquals(5, e.unsent());
        assertTrue(channel.isClosed());
        assertThrows(ClosedException.class, () -> channel.trySend(6));
        assertThrows(ClosedException.class, () -> channel.send(6));
    }

    @EveryDriver
    void plainThreadThatWaitsForRoomIsRefused(DriverUnderTest driver) throws Exception {
        for (End end : End.values()) {
            Cores ending = Cores.start(driver.options());
            try (ending) {
                CrossCoreChannel<Integer> channel = CrossCoreChannel.mpsc(ending.core(0), 2);
                Throwable[] failure = {null};
                Thread thread =
                        Thread.ofPlatform()
                                .start(() -> {
                                    try {
                                        fillUntilRefused(channel);
                                    } catch (Throwable e) {
                                        failure[0] = e;
                                    }
                                });
                while (thread.getState() != Thread.State.WAITING) {
                    Thread.sleep(1);
                }
                end.bring(ending);
                assertTrue(thread.join(LONG), "waits for ever");
                assertNull(failure[0]);
            }
        }
    }

    /// One question is still in the channel, the other was taken out and not answered.
    @EveryDriver
    void tasksThatWaitForAnAnswerAreTold(DriverUnderTest driver) throws Exception {
        List<Request<Integer, Integer>> taken = new ArrayList<>();
        expectToldOfTheEnd(
                driver,
                (living, ending) -> {
                    CrossCoreChannel<Request<Integer, Integer>> questions =
                            CrossCoreChannel.mpsc(ending, 4);
                    taken.clear();
                    Task<?> first = living.spawn("ask", () -> askInVain(questions));
                    ending.spawn("take", () -> taken.add(questions.receive())).join();
                    return List.of(first, living.spawn("ask", () -> askInVain(questions)));
                });
        assertTrue(taken.getFirst().isAbandoned());
        assertFalse(taken.getFirst().reply(1));
    }

    private static void askInVain(CrossCoreChannel<Request<Integer, Integer>> questions) {
        Request<Integer, Integer> request = new Request<>();
        ClosedException e = assertThrows(ClosedException.class, () -> request.ask(questions, 1));
        assertNull(e.unsent());
        assertTrue(e.getMessage().contains("gets no answer"), e.getMessage());
        assertTrue(request.isAbandoned());
        Request<Integer, Integer> another = new Request<>();
        assertSame(
                another,
                assertThrows(ClosedException.class, () -> another.ask(questions, 1)).unsent());
    }

    /// Somebody else has closed the channel before, and the question is in it.
    @EveryDriver
    void questionInAClosedChannelIsToldOfTheEndToo(DriverUnderTest driver) throws Exception {
        expectToldOfTheEnd(
                driver,
                (living, ending) -> {
                    CrossCoreChannel<Request<Integer, Integer>> questions =
                            CrossCoreChannel.mpsc(ending, 4);
                    Task<?> asking = living.spawn("ask", () -> askInVain(questions));
                    pass(living);
                    questions.close();
                    return List.of(asking);
                });
    }

    @EveryDriver
    void onlySenderThatEndsClosesItsChannel(DriverUnderTest driver) throws Exception {
        expectToldOfTheEnd(
                driver,
                (living, ending) -> {
                    CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(ending, living, 4);
                    ending.spawn("send", () -> channel.send(1)).join();
                    return List.of(
                            living.spawn(
                                    "receive",
                                    () -> {
                                        assertEquals(1, channel.receive());
                                        assertNull(channel.receive());
                                        assertTrue(channel.isDrained());
                                    }));
                });
    }

    @Test
    void channelOfACoreThatHasEndedIsClosedFromTheBeginning() throws Exception {
        Cores ended = Cores.start(DriverUnderTest.EPOLL.options());
        ended.close();
        try (Cores living = Cores.start(DriverUnderTest.EPOLL.options())) {
            CrossCoreChannel<Integer> into = CrossCoreChannel.mpsc(ended.core(0), 4);
            assertTrue(into.isClosed());
            assertThrows(ClosedException.class, () -> into.send(1));
            CrossCoreChannel<Integer> from =
                    CrossCoreChannel.spsc(ended.core(0), living.core(0), 4);
            living.core(0).spawn("receive", () -> assertNull(from.receive())).join();
        }
    }

    @EveryDriver
    void portsOfTheOtherCoresOfAMeshGoOn(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options();
        int cpu = options.cpus()[0];
        try (Cores cores = Cores.start(options.cpus(cpu, cpu, cpu))) {
            Mesh<Integer> mesh = Mesh.of(cores, 2);
            Task<?> sending =
                    cores.core(0)
                            .spawn(
                                    "send",
                                    () -> {
                                        Mesh<Integer>.Port port = mesh.join();
                                        assertThrows(
                                                ClosedException.class,
                                                () -> {
                                                    while (true) {
                                                        port.send(2, 7);
                                                    }
                                                });
                                        port.send(1, 8);
                                        port.close();
                                    });
            Task<?> receiving =
                    cores.core(1)
                            .spawn(
                                    "receive",
                                    () -> {
                                        Mesh<Integer>.Port port = mesh.join();
                                        port.close();
                                        assertEquals(8, port.receive());
                                        assertEquals(0, port.sender());
                                        assertNull(port.receive());
                                    });
            pass(cores.core(0));
            DriverUnderTest.fail(cores.core(2));
            sending.join(LONG);
            receiving.join(LONG);
        }
    }

    /// Cores end while others begin to wait, over and over: nobody is left behind.
    @Test
    void nobodyBeginsToWaitUnseen() throws Exception {
        try (Cores living = Cores.start(DriverUnderTest.EPOLL.options())) {
            Core core = living.core(0);
            for (int round = 0; round < 300; round++) {
                List<Task<?>> tasks = new ArrayList<>();
                try (Cores ending = Cores.start(DriverUnderTest.EPOLL.options())) {
                    Core other = ending.core(0);
                    CrossCoreChannel<Integer> items = CrossCoreChannel.mpsc(other, 2);
                    CrossCoreChannel<Request<Integer, Integer>> questions =
                            CrossCoreChannel.mpsc(other, 2);
                    tasks.add(core.spawn("send", () -> fillUntilRefused(items)));
                    tasks.add(
                            core.spawn(
                                    "ask",
                                    () ->
                                            assertThrows(
                                                    ClosedException.class,
                                                    () ->
                                                            new Request<Integer, Integer>()
                                                                    .ask(questions, 1))));
                }
                for (Task<?> each : tasks) {
                    each.join(LONG);
                }
            }
        }
    }

    /// Lets the tasks of a core run until they wait.
    @SuppressWarnings("ThreadPriorityCheck") // the yield lets them go on
    private static void pass(Core core) throws Exception {
        core.spawn(
                        "pass",
                        () -> {
                            for (int i = 0; i < 20; i++) {
                                Thread.yield();
                            }
                        })
                .join();
    }
}
