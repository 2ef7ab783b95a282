package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import dev.corio.core.Core;
import dev.corio.core.Cores;
import dev.corio.core.DriverUnderTest;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What a send, a receive and a wait allocate once things are under way: nothing, suspended or not.
/// Bytes are counted on the core's thread, which carries all tasks.
final class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int STEPS = 50_000;
    private static final int ROUNDS_MAX = 600;
    private static final Integer ITEM = 1;

    /// Starts what answers, as tasks of the core, and gives the step that is counted.
    @FunctionalInterface
    private interface Setting {
        Core.Body open(Core core) throws Exception;
    }

    private enum Exchange {
        /// Neither call has to wait.
        CHANNEL_WITHOUT_A_WAIT(core -> {
            LocalChannel<Integer> channel = LocalChannel.bounded(16);
            return () -> {
                channel.send(ITEM);
                channel.receive();
            };
        }),
        CHANNEL_PING_PONG(core -> {
            LocalChannel<Integer> there = LocalChannel.bounded(1);
            LocalChannel<Integer> back = LocalChannel.bounded(1);
            core.spawn("echo", () -> forEver(() -> back.send(there.receive())));
            return () -> {
                there.send(ITEM);
                back.receive();
            };
        }),
        /// The sender finds no room each time.
        CHANNEL_THAT_IS_FULL(core -> {
            LocalChannel<Integer> channel = LocalChannel.bounded(1);
            core.spawn("receive", () -> forEver(channel::receive));
            return () -> {
                channel.send(ITEM);
                channel.send(ITEM);
            };
        }),
        CHANNEL_IN_BATCHES(core -> {
            LocalChannel<Integer> channel = LocalChannel.bounded(8);
            core.spawn("receive", () -> forEver(() -> channel.receiveMany(item -> {}, 8)));
            return () -> channel.send(ITEM);
        }),
        BROADCAST(core -> {
            LocalBroadcast<Integer> broadcast = new LocalBroadcast<>(8);
            LocalBroadcast.Receiver<Integer> receiver = broadcast.subscribe();
            core.spawn("receive", () -> forEver(receiver::receive));
            return () -> {
                broadcast.send(ITEM);
                Thread.yield();
            };
        }),
        WATCH(core -> {
            LocalWatch<Integer> watch = new LocalWatch<>(ITEM);
            LocalWatch.Receiver<Integer> receiver = watch.subscribe();
            core.spawn("receive", () -> forEver(receiver::receive));
            return () -> {
                watch.set(ITEM);
                Thread.yield();
            };
        }),
        SEMAPHORE(core -> {
            LocalSemaphore semaphore = new LocalSemaphore(1);
            core.spawn("contend", () -> forEver(() -> takeTurns(semaphore)));
            return () -> takeTurns(semaphore);
        }),
        MUTEX(core -> {
            LocalMutex mutex = new LocalMutex();
            core.spawn("contend", () -> forEver(() -> takeTurns(mutex)));
            return () -> takeTurns(mutex);
        }),
        EVENT(core -> {
            LocalEvent event = new LocalEvent();
            core.spawn("await", () -> forEver(() -> awaitAndReset(event)));
            return () -> {
                event.set();
                Thread.yield();
            };
        }),
        BARRIER(core -> {
            LocalBarrier barrier = new LocalBarrier(2);
            core.spawn("await", () -> forEver(barrier::await));
            return barrier::await;
        }),
        SELECT(core -> {
            LocalChannel<Integer> there = LocalChannel.bounded(1);
            LocalChannel<Integer> back = LocalChannel.bounded(1);
            core.spawn("echo", () -> forEver(() -> back.send(there.receive())));
            Select select = Select.fair();
            select.receive(back);
            select.after(Duration.ofDays(1));
            select.event(new LocalEvent());
            return () -> {
                there.send(ITEM);
                select.await();
            };
        }),
        CROSS_CORE_WITHOUT_A_WAIT(core -> {
            CrossCoreChannel<Integer> channel = CrossCoreChannel.mpsc(core, 16);
            return () -> {
                channel.send(ITEM);
                channel.receive();
            };
        }),
        CROSS_CORE_IN_BATCHES(core -> {
            CrossCoreChannel<Integer> one = CrossCoreChannel.spsc(core, core, 8);
            CrossCoreChannel<Integer> many = CrossCoreChannel.mpsc(core, 8);
            Integer[] items = {1, 2, 3, 4};
            return () -> {
                one.sendMany(items, 0, items.length);
                many.sendMany(items, 0, items.length);
                one.receiveMany(item -> {}, items.length);
                many.receiveMany(item -> {}, items.length);
            };
        }),
        CROSS_CORE_THAT_WAITS(core -> {
            CrossCoreChannel<Integer> there = CrossCoreChannel.spsc(core, core, 2);
            CrossCoreChannel<Integer> back = CrossCoreChannel.spsc(core, core, 2);
            core.spawn("echo", () -> forEver(() -> back.send(there.receive())));
            return () -> {
                for (int i = 0; i < 8; i++) {
                    there.send(ITEM);
                    back.receive();
                }
            };
        }),
        REQUEST(core -> {
            CrossCoreChannel<Request<Integer, Integer>> questions = CrossCoreChannel.mpsc(core, 2);
            core.spawn("answer", () -> forEver(() -> questions.receive().reply(ITEM)));
            Request<Integer, Integer> request = new Request<>();
            return () -> request.ask(questions, ITEM);
        });

        private final Setting setting;

        Exchange(Setting setting) {
            this.setting = setting;
        }
    }

    @ParameterizedTest
    @EnumSource(Exchange.class)
    void exchangeAllocatesNothing(Exchange exchange) throws Exception {
        try (Cores cores = Cores.start(DriverUnderTest.EPOLL.options())) {
            Core core = cores.core(0);
            Core.Body step = core.spawn("open", () -> exchange.setting.open(core)).join();
            double bytes = bytesPerStep(core, step);
            // The steady state begins when the compiler has done its work.
            for (int i = 0; i < ROUNDS_MAX && bytes >= 0.1; i++) {
                bytes = bytesPerStep(core, step);
            }
            // One allocation per step would be 16 bytes or more.
            assertEquals(0, bytes, 0.1);
        }
    }

    /// Between two cores, where one sleeps while the other works.
    @Test
    void requestToAnotherCoreAllocatesNothing() throws Exception {
        try (Cores one = Cores.start(DriverUnderTest.EPOLL.options());
                Cores two = Cores.start(DriverUnderTest.EPOLL.options())) {
            Core core = one.core(0);
            CrossCoreChannel<Request<Integer, Integer>> questions =
                    CrossCoreChannel.mpsc(two.core(0), 2);
            two.core(0).spawn("answer", () -> forEver(() -> questions.receive().reply(ITEM)));
            Core.Body step =
                    core.spawn(
                                    "open",
                                    () -> {
                                        Request<Integer, Integer> request = new Request<>();
                                        return (Core.Body) () -> request.ask(questions, ITEM);
                                    })
                            .join();
            double bytes = bytesPerStep(core, step);
            for (int i = 0; i < ROUNDS_MAX && bytes >= 0.1; i++) {
                bytes = bytesPerStep(core, step);
            }
            assertEquals(0, bytes, 0.1);
        }
    }

    private static double bytesPerStep(Core core, Core.Body step) throws Exception {
        long before = allocatedBy(core);
        core.spawn(
                        "count",
                        () -> {
                            for (int i = 0; i < STEPS; i++) {
                                step.run();
                            }
                        })
                .join();
        return (double) (allocatedBy(core) - before) / STEPS;
    }

    private static long allocatedBy(Core core) throws Exception {
        CompletableFuture<Long> bytes = new CompletableFuture<>();
        core.execute(() -> bytes.complete(THREADS.getCurrentThreadAllocatedBytes()));
        return bytes.get();
    }

    private static void forEver(Core.Body step) throws Exception {
        while (true) {
            step.run();
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // so that the other has to wait
    private static void takeTurns(LocalSemaphore semaphore) throws InterruptedException {
        semaphore.acquire();
        Thread.yield();
        semaphore.release();
    }

    @SuppressWarnings("ThreadPriorityCheck") // so that the other has to wait
    private static void takeTurns(LocalMutex mutex) throws InterruptedException {
        try (var _ = mutex.lock()) {
            Thread.yield();
        }
    }

    private static void awaitAndReset(LocalEvent event) throws InterruptedException {
        event.await();
        event.reset();
    }
}
