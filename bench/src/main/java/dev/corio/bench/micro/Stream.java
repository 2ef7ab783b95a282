package dev.corio.bench.micro;

import dev.corio.channel.CrossCoreChannel;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import org.jctools.queues.MessagePassingQueue;

/// Items that go from one core to another as fast as both can, by whatever carries them.
///
/// **Threading:** for the benchmark's thread.
@FunctionalInterface
interface Stream {
    /// What a channel or a bare queue has room for.
    int CAPACITY = 1024;

    /// Items of a batch.
    int AT_ONCE = 128;

    /// What is sent.
    Integer ITEM = 1;

    /// Sends `items` and waits until all are there.
    void run(TwoCores two, int items) throws InterruptedException, ExecutionException;

    /// In batches, from a task to a task that wait for each other.
    static Stream inBatches(CrossCoreChannel<Integer> channel) {
        return (two, items) -> {
            Integer[] batch = new Integer[AT_ONCE];
            Arrays.fill(batch, ITEM);
            two.run(
                    () -> {
                        for (int left = items; left > 0; ) {
                            left -= channel.sendMany(batch, 0, Math.min(left, AT_ONCE));
                        }
                    },
                    () -> {
                        for (int left = items; left > 0; ) {
                            left -= channel.receiveMany(item -> {}, AT_ONCE);
                        }
                    });
        };
    }

    /// In batches through a bare queue, by two threads that spin: nobody waits, wakes or closes.
    static Stream inBatches(MessagePassingQueue<Integer> queue) {
        return (two, items) ->
                two.run(
                        () -> {
                            for (int left = items; left > 0; ) {
                                int sent = queue.fill(() -> ITEM, Math.min(left, AT_ONCE));
                                left -= sent;
                                if (sent == 0) {
                                    Thread.onSpinWait();
                                }
                            }
                        },
                        () -> {
                            for (int left = items; left > 0; ) {
                                int taken = queue.drain(item -> {}, AT_ONCE);
                                left -= taken;
                                if (taken == 0) {
                                    Thread.onSpinWait();
                                }
                            }
                        });
    }

    /// Item by item, from a task to a task.
    static Stream oneByOne(CrossCoreChannel<Integer> channel) {
        return (two, items) ->
                two.run(
                        () -> {
                            for (int i = 0; i < items; i++) {
                                channel.send(ITEM);
                            }
                        },
                        () -> {
                            for (int i = 0; i < items; i++) {
                                channel.receive();
                            }
                        });
    }

    /// Item by item through a bare queue, by two threads that spin.
    static Stream oneByOne(MessagePassingQueue<Integer> queue) {
        return (two, items) ->
                two.run(
                        () -> {
                            for (int i = 0; i < items; i++) {
                                while (!queue.offer(ITEM)) {
                                    Thread.onSpinWait();
                                }
                            }
                        },
                        () -> {
                            for (int i = 0; i < items; i++) {
                                while (queue.poll() == null) {
                                    Thread.onSpinWait();
                                }
                            }
                        });
    }

    /// Item by item through one of the JDK's.
    static Stream oneByOne(BlockingQueue<Integer> queue) {
        return (two, items) ->
                two.run(
                        () -> {
                            for (int i = 0; i < items; i++) {
                                queue.put(ITEM);
                            }
                        },
                        () -> {
                            for (int i = 0; i < items; i++) {
                                queue.take();
                            }
                        });
    }
}
