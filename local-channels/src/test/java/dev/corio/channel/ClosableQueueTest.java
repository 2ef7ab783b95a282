package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.Cores;
import dev.corio.core.Doorbell;
import dev.corio.core.DriverUnderTest;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.jctools.queues.MessagePassingQueue;
import org.junit.jupiter.api.Test;

/// A sender that has claimed its place in the queue, and is kept from putting its item there while
/// the queue closes.
final class ClosableQueueTest {
    private static final long A_WHILE_MILLIS = 100;

    private final CountDownLatch claimed = new CountDownLatch(1);
    private final CountDownLatch goesOn = new CountDownLatch(1);

    @Test
    void whatWasSentBehindItIsReceived() throws Exception {
        try (Cores cores = Cores.start(DriverUnderTest.EPOLL.options())) {
            MpscQueue<String> items = new MpscQueue<>(4);
            ClosableQueue<String> queue = new ClosableQueue<>(items, silent(cores.core(0)));
            Thread slow = claimSlowly(items);
            assertTrue(queue.offer("behind"));
            queue.close();
            FutureTask<List<String>> receiving =
                    begin(() -> {
                        List<String> received = new ArrayList<>();
                        while (!queue.isDrained()) {
                            String item = queue.poll();
                            if (item != null) {
                                received.add(item);
                            }
                        }
                        return received;
                    });
            Thread.sleep(A_WHILE_MILLIS);
            goesOn.countDown();
            slow.join();
            assertEquals(List.of("slow", "behind"), receiving.get());
        }
    }

    @Test
    void whatComesTooLateBehindItIsRefused() throws Exception {
        try (Cores cores = Cores.start(DriverUnderTest.EPOLL.options())) {
            MpscQueue<String> items = new MpscQueue<>(4);
            ClosableQueue<String> queue = new ClosableQueue<>(items, silent(cores.core(0)));
            queue.close();
            assertEquals(null, queue.poll());
            assertTrue(queue.isDrained());
            Thread slow = claimSlowly(items);
            FutureTask<Boolean> sending = begin(() -> queue.offer("behind"));
            Thread.sleep(A_WHILE_MILLIS);
            goesOn.countDown();
            slow.join();
            assertFalse(sending.get());
        }
    }

    private static <T> FutureTask<T> begin(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private static Doorbell silent(Core core) {
        return new Doorbell(core) {
            @Override
            protected void rung() {}
        };
    }

    /// Where a sender can be stopped by the machine, this one waits.
    private Thread claimSlowly(MpscQueue<String> items) throws Exception {
        Field inside = MpscQueue.class.getDeclaredField("queue");
        inside.setAccessible(true);
        @SuppressWarnings("unchecked") // that is what it is
        MessagePassingQueue<String> queue = (MessagePassingQueue<String>) inside.get(items);
        Thread slow =
                Thread.ofPlatform()
                        .daemon()
                        .start(() ->
                                queue.fill(
                                        () -> {
                                            claimed.countDown();
                                            awaitQuietly(goesOn);
                                            return "slow";
                                        },
                                        1));
        claimed.await();
        return slow;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
