package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.Cores;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryDriver;
import dev.corio.core.Seed;
import dev.corio.core.Task;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class CrossCoreChannelTest {
    private static final int ITEMS = 200_000;
    private static final int CLOSINGS = 3_000;

    /// Three cores, each with a loop of its own.
    @FunctionalInterface
    private interface Body {
        void run(Core first, Core second, Core third) throws Exception;
    }

    private static void onThreeCores(DriverUnderTest driver, Body body) throws Exception {
        try (Cores one = Cores.start(driver.options());
                Cores two = Cores.start(driver.options());
                Cores three = Cores.start(driver.options())) {
            body.run(one.core(0), two.core(0), three.core(0));
        }
    }

    @EveryDriver
    void itemsOfOneCoreArriveOnceAndInOrder(DriverUnderTest driver) throws Exception {
        onThreeCores(
                driver,
                (from, to, other) -> {
                    CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(from, to, 4);
                    Task<Void> sending =
                            from.spawn(
                                    "send",
                                    () -> {
                                        for (int i = 0; i < ITEMS; i++) {
                                            channel.send(i);
                                        }
                                        channel.close();
                                    });
                    Task<Integer> receiving = to.spawn("receive", () -> receiveInOrder(channel));
                    assertEquals(ITEMS, receiving.join());
                    sending.join();
                    assertSame(to, channel.receiver());
                    assertEquals(4, channel.capacity());
                });
    }

    private static int receiveInOrder(CrossCoreChannel<Integer> channel) throws Exception {
        int next = 0;
        Integer item;
        while ((item = channel.receive()) != null) {
            assertEquals(next++, item);
        }
        assertTrue(channel.isDrained());
        assertNull(channel.tryReceive());
        return next;
    }

    @EveryDriver
    void batchesArriveOnceAndInOrder(DriverUnderTest driver) throws Exception {
        onThreeCores(
                driver,
                (from, to, other) -> {
                    CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(from, to, 64);
                    Integer[] items = new Integer[ITEMS];
                    for (int i = 0; i < ITEMS; i++) {
                        items[i] = i;
                    }
                    from.spawn(
                            "send",
                            () -> {
                                for (int sent = 0; sent < ITEMS; ) {
                                    sent +=
                                            channel.sendMany(
                                                    items, sent, Math.min(ITEMS, sent + 100));
                                }
                                channel.close();
                            });
                    List<Integer> received = new ArrayList<>();
                    Task<Void> receiving =
                            to.spawn(
                                    "receive",
                                    () -> {
                                        while (channel.receiveMany(received::add, 50) > 0) {}
                                    });
                    receiving.join();
                    assertEquals(List.of(items), received);
                });
    }

    /// An item that tells who sent it, and as which of his.
    private record Numbered(int sender, int number) {}

    @EveryDriver
    void manySendersWaitForRoomAndNothingIsLost(DriverUnderTest driver) throws Exception {
        int each = ITEMS / 20;
        onThreeCores(
                driver,
                (first, second, third) -> {
                    CrossCoreChannel<Numbered> channel = CrossCoreChannel.mpsc(third, 8);
                    List<Task<Void>> tasks = new ArrayList<>();
                    List<Thread> threads = new ArrayList<>();
                    int sender = 0;
                    for (Core core : List.of(first, second, third)) {
                        for (int i = 0; i < 3; i++) {
                            int number = sender++;
                            tasks.add(
                                    core.spawn("send", () -> sendNumbered(channel, number, each)));
                        }
                    }
                    for (int i = 0; i < 2; i++) {
                        int number = sender++;
                        threads.add(
                                Thread.ofPlatform()
                                        .start(() -> {
                                            try {
                                                sendNumbered(channel, number, each);
                                            } catch (InterruptedException e) {
                                                throw new AssertionError(e);
                                            }
                                        }));
                    }
                    int senders = sender;
                    Task<int[]> receiving =
                            third.spawn("receive", () -> receiveNumbered(channel, senders));
                    for (Task<Void> task : tasks) {
                        task.join();
                    }
                    for (Thread thread : threads) {
                        thread.join();
                    }
                    channel.close();
                    for (int next : receiving.join()) {
                        assertEquals(each, next);
                    }
                });
    }

    private static void sendNumbered(CrossCoreChannel<Numbered> channel, int sender, int count)
            throws InterruptedException {
        for (int i = 0; i < count; i++) {
            channel.send(new Numbered(sender, i));
        }
    }

    private static int[] receiveNumbered(CrossCoreChannel<Numbered> channel, int senders)
            throws InterruptedException {
        int[] next = new int[senders];
        Numbered item;
        while ((item = channel.receive()) != null) {
            assertEquals(next[item.sender()]++, item.number());
        }
        return next;
    }

    /// Senders are interrupted while they wait for room: what `send` returned for is received, what
    /// it threw for is not.
    @Test
    void interruptedSendersKeepTheirItems() throws Exception {
        Random random = Seed.random("CrossCoreChannelTest");
        onThreeCores(
                DriverUnderTest.EPOLL,
                (first, second, third) -> {
                    CrossCoreChannel<Numbered> channel = CrossCoreChannel.mpsc(third, 2);
                    List<Task<Integer>> tasks = new ArrayList<>();
                    AtomicReference<Thread> plain = new AtomicReference<>();
                    int[] sentByThread = {0};
                    for (int i = 0; i < 8; i++) {
                        int sender = i;
                        Core core = i % 2 == 0 ? first : second;
                        tasks.add(core.spawn("send", () -> sendAndCount(channel, sender)));
                    }
                    plain.set(
                            Thread.ofPlatform()
                                    .start(() -> sentByThread[0] = sendAndCount(channel, 8)));
                    Task<int[]> receiving = third.spawn("receive", () -> countNumbered(channel, 9));
                    while (tasks.stream().anyMatch(task -> !task.isDone())
                            || plain.get().isAlive()) {
                        int victim = random.nextInt(9);
                        Thread thread = victim == 8 ? plain.get() : tasks.get(victim).thread();
                        thread.interrupt();
                        LockSupport.parkNanos(20_000);
                    }
                    channel.close();
                    int[] received = receiving.join();
                    for (int i = 0; i < 8; i++) {
                        assertEquals(tasks.get(i).join(), received[i]);
                    }
                    assertEquals(sentByThread[0], received[8]);
                });
    }

    private static int sendAndCount(CrossCoreChannel<Numbered> channel, int sender) {
        int sent = 0;
        for (int i = 0; i < 3000; i++) {
            try {
                channel.send(new Numbered(sender, i));
                sent++;
            } catch (InterruptedException e) {
                // Not sent: the next one.
            }
        }
        return sent;
    }

    private static int[] countNumbered(CrossCoreChannel<Numbered> channel, int senders)
            throws InterruptedException {
        int[] counts = new int[senders];
        int[] last = new int[senders];
        java.util.Arrays.fill(last, -1);
        Numbered item;
        while ((item = channel.receive()) != null) {
            counts[item.sender()]++;
            assertTrue(item.number() > last[item.sender()], "out of order, or twice");
            last[item.sender()] = item.number();
        }
        return counts;
    }

    /// Closing meets sending, over and over: each item is received or refused, never both, never
    /// neither.
    @Test
    void itemThatMeetsTheClosingIsReceivedOrRefused() throws Exception {
        onThreeCores(
                DriverUnderTest.EPOLL,
                (first, second, third) -> {
                    int refusals = 0;
                    for (int round = 0; round < CLOSINGS; round++) {
                        CrossCoreChannel<Numbered> channel = CrossCoreChannel.mpsc(third, 4);
                        Task<Numbered> one =
                                first.spawn("send", () -> sendUntilRefused(channel, 0));
                        Task<Numbered> two =
                                second.spawn("send", () -> sendUntilRefused(channel, 1));
                        Task<int[]> receiving =
                                third.spawn("receive", () -> receiveNumbered(channel, 2));
                        third.spawn(
                                "close",
                                () -> {
                                    pass(ThreadLocalRandom.current().nextInt(20));
                                    channel.close();
                                });
                        int[] received = receiving.join();
                        assertEquals(one.join().number(), received[0]);
                        assertEquals(two.join().number(), received[1]);
                        refusals += 2;
                    }
                    assertEquals(2 * CLOSINGS, refusals);
                });
    }

    private static Numbered sendUntilRefused(CrossCoreChannel<Numbered> channel, int sender)
            throws InterruptedException {
        for (int i = 0; ; i++) {
            try {
                channel.send(new Numbered(sender, i));
            } catch (ClosedException e) {
                Numbered unsent = (Numbered) e.unsent();
                assertEquals(i, unsent.number());
                return unsent;
            }
        }
    }

    @Test
    void batchThatMeetsTheClosingIsCounted() throws Exception {
        onThreeCores(
                DriverUnderTest.EPOLL,
                (first, second, third) -> {
                    for (int round = 0; round < CLOSINGS; round++) {
                        CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(first, third, 16);
                        Integer[] items = {1, 2, 3, 4, 5, 6, 7};
                        Task<Integer> sending =
                                first.spawn(
                                        "send",
                                        () -> {
                                            int sent = 0;
                                            while (true) {
                                                try {
                                                    sent +=
                                                            channel.sendMany(
                                                                    items, 0, items.length);
                                                } catch (ClosedException e) {
                                                    return sent;
                                                }
                                            }
                                        });
                        Task<Integer> receiving =
                                third.spawn(
                                        "receive",
                                        () -> {
                                            int[] count = {0};
                                            while (channel.receiveMany(item -> count[0]++, 5) > 0) {
                                                if (count[0] > 50) {
                                                    channel.close();
                                                }
                                            }
                                            return count[0];
                                        });
                        assertEquals(sending.join(), receiving.join());
                    }
                });
    }

    @EveryDriver
    void receiverThatIsAwakeIsNotWoken(DriverUnderTest driver) throws Exception {
        onThreeCores(
                driver,
                (from, to, other) -> {
                    CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(from, to, 1 << 14);
                    Task<Void> idle = from.spawn("idle", () -> {});
                    idle.join();
                    Task<Long> receiving =
                            to.spawn(
                                    "receive",
                                    () -> {
                                        long before = to.stats().wakeups();
                                        // Sends while this task keeps its core awake.
                                        from.spawn(
                                                "send",
                                                () -> {
                                                    for (int i = 0; i < 10_000; i++) {
                                                        channel.send(i);
                                                    }
                                                    channel.close();
                                                });
                                        int count = 0;
                                        while (!channel.isDrained()) {
                                            count += channel.drain(item -> {}, 100);
                                            pass(1);
                                        }
                                        assertEquals(10_000, count);
                                        return to.stats().wakeups() - before;
                                    });
                    assertEquals(0, receiving.join());
                });
    }

    @EveryDriver
    void sleepingReceiverIsWokenOnceForABatch(DriverUnderTest driver) throws Exception {
        onThreeCores(
                driver,
                (from, to, other) -> {
                    CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(from, to, 1 << 10);
                    Integer[] batch = new Integer[1000];
                    java.util.Arrays.fill(batch, 1);
                    int rounds = 100;
                    CrossCoreChannel<Integer> back = CrossCoreChannel.spsc(to, from, 2);
                    Task<Void> receiving =
                            to.spawn(
                                    "receive",
                                    () -> {
                                        int[] count = {0};
                                        while (channel.receiveMany(item -> count[0]++, 1000) > 0) {
                                            if (count[0] == batch.length) {
                                                count[0] = 0;
                                                back.send(0);
                                            }
                                        }
                                    });
                    long before = to.stats().wakeups();
                    from.spawn(
                                    "send",
                                    () -> {
                                        for (int i = 0; i < rounds; i++) {
                                            assertEquals(
                                                    batch.length,
                                                    channel.sendMany(batch, 0, batch.length));
                                            back.receive();
                                        }
                                        channel.close();
                                    })
                            .join();
                    receiving.join();
                    long woken = to.stats().wakeups() - before;
                    assertTrue(
                            woken <= rounds + 10,
                            woken + " times woken for " + rounds + " batches");
                });
    }

    @Test
    void waitingReceiversAreServedInTheOrderOfComing() throws Exception {
        onThreeCores(
                DriverUnderTest.EPOLL,
                (from, to, other) -> {
                    CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(from, to, 16);
                    List<Task<Integer>> receiving = new ArrayList<>();
                    to.spawn(
                                    "start",
                                    () -> {
                                        for (int i = 0; i < 10; i++) {
                                            receiving.add(to.spawn("receive", channel::receive));
                                        }
                                        pass(20);
                                    })
                            .join();
                    from.spawn(
                                    "send",
                                    () -> {
                                        for (int i = 0; i < 10; i++) {
                                            channel.send(i);
                                        }
                                    })
                            .join();
                    for (int i = 0; i < 10; i++) {
                        assertEquals(i, receiving.get(i).join());
                    }
                });
    }

    @Test
    void waitingTasksOfACoreGetRoomInTheOrderOfComing() throws Exception {
        onThreeCores(
                DriverUnderTest.EPOLL,
                (from, to, other) -> {
                    CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(from, to, 4);
                    from.spawn(
                                    "send",
                                    () -> {
                                        for (int i = 0; i < 50; i++) {
                                            int item = i;
                                            from.spawn("send one", () -> channel.send(item));
                                        }
                                        pass(100);
                                        assertFalse(
                                                channel.trySend(-1), "overtakes those who wait");
                                    })
                            .join();
                    to.spawn(
                                    "receive",
                                    () -> {
                                        for (int i = 0; i < 50; i++) {
                                            assertEquals(i, channel.receive());
                                        }
                                    })
                            .join();
                });
    }

    @Test
    void selectSendsAndReceivesBetweenCores() throws Exception {
        int count = 20_000;
        onThreeCores(
                DriverUnderTest.EPOLL,
                (from, to, other) -> {
                    CrossCoreChannel<Integer> left = CrossCoreChannel.spsc(from, to, 2);
                    CrossCoreChannel<Integer> right = CrossCoreChannel.spsc(from, to, 2);
                    from.spawn(
                            "send",
                            () -> {
                                Select select = Select.fair();
                                SendCase<Integer> toLeft = select.send(left, 0);
                                SendCase<Integer> toRight = select.send(right, 0);
                                for (int i = 0; i < count; i++) {
                                    toLeft.item(i);
                                    toRight.item(i);
                                    select.await().value();
                                }
                                left.close();
                                right.close();
                            });
                    Task<Set<Integer>> receiving =
                            to.spawn(
                                    "receive",
                                    () -> {
                                        Select select = Select.fair();
                                        select.receive(left);
                                        select.receive(right);
                                        Set<Integer> items = new HashSet<>();
                                        int open = 2;
                                        while (open > 0) {
                                            Case<?> first = select.await();
                                            Integer item = (Integer) first.value();
                                            if (item == null) {
                                                select.remove(first);
                                                open--;
                                            } else {
                                                assertTrue(items.add(item), "sent twice: " + item);
                                            }
                                        }
                                        return items;
                                    });
                    assertEquals(count, receiving.join().size());
                });
    }

    /// The loop asks for items while they come: it gets each, or is refused.
    @Test
    void itemThatComesWhileTheLoopIsRefusedIsNotLost() throws Exception {
        int count = 100_000;
        onThreeCores(
                DriverUnderTest.EPOLL,
                (first, second, third) -> {
                    CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(first, third, 4);
                    Task<Void> sending =
                            first.spawn(
                                    "send",
                                    () -> {
                                        for (int i = 0; i < count; i++) {
                                            channel.send(i);
                                        }
                                    });
                    for (int next = 0; next < count; ) {
                        int from = next;
                        next = third.submit("ask", () -> askOnTheLoop(channel, from, count)).join();
                    }
                    sending.join();
                });
    }

    /// Which item comes next.
    private static int askOnTheLoop(CrossCoreChannel<Integer> channel, int from, int end)
            throws InterruptedException {
        int next = from;
        for (int i = 0; i < 1000 && next < end; i++) {
            try {
                assertEquals(next, channel.receive());
                next++;
            } catch (IllegalStateException e) {
                assertTrue(e.getMessage().contains("the loop itself"), e.getMessage());
            }
        }
        return next;
    }

    @EveryDriver
    void sizeCountsWhatIsLeftAfterClosing(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            CrossCoreChannel<Integer> channel = CrossCoreChannel.mpsc(core, 4);
            for (int i = 0; i < 4; i++) {
                channel.send(i);
            }
            assertEquals(4, channel.size());
            channel.close();
            for (int i = 0; i < 4; i++) {
                assertEquals(4 - i, channel.size());
                assertEquals(i, channel.receive());
            }
            assertEquals(0, channel.size());
            assertNull(channel.receive());
            assertEquals(0, channel.size());
        });
    }

    @EveryDriver
    void consumerThatThrowsLeavesTheRestAndMakesRoom(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            CrossCoreChannel<Integer> channel = CrossCoreChannel.mpsc(core, 4);
            Task<Void> sending =
                    core.spawn(
                            "send",
                            () -> {
                                for (int i = 0; i < 5; i++) {
                                    channel.send(i);
                                }
                            });
            pass(2);
            assertFalse(sending.isDone());
            assertThrows(
                    IllegalStateException.class,
                    () ->
                            channel.drain(
                                    item -> {
                                        throw new IllegalStateException("on purpose: " + item);
                                    },
                                    3));
            sending.join();
            List<Integer> rest = new ArrayList<>();
            assertEquals(0, channel.drain(rest::add, 0));
            assertEquals(3, channel.drain(rest::add, 3));
            assertEquals(1, channel.drain(rest::add, 3));
            assertEquals(List.of(1, 2, 3, 4), rest);
        });
    }

    @Test
    void wrongSenderIsTold() throws Exception {
        onThreeCores(
                DriverUnderTest.EPOLL,
                (from, to, other) -> {
                    CrossCoreChannel<Integer> channel = CrossCoreChannel.spsc(from, to, 4);
                    ExecutionException e =
                            assertThrows(
                                    ExecutionException.class,
                                    () -> other.spawn("send", () -> channel.send(1)).join());
                    assertTrue(e.getMessage().contains("use mpsc"), e.getMessage());
                    assertThrows(
                            IllegalArgumentException.class, () -> CrossCoreChannel.mpsc(to, 1));
                });
    }

    /// Lets the others run until they wait.
    @SuppressWarnings("ThreadPriorityCheck") // the yield lets them go on
    private static void pass(int times) {
        for (int i = 0; i < times; i++) {
            Thread.yield();
        }
    }
}
