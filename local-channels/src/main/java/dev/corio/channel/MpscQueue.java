package dev.corio.channel;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/// From any thread to one: JCTools' queue, whose senders claim room for a whole batch at once.
///
/// **Threading:** putting in is safe from any thread; [#poll], [#pollBegun] and [#drain] are for
/// one at a time.
final class MpscQueue<T> implements ItemQueue<T> {
    private static final int SPARE = 32;

    private final MpscVarHandleArrayQueue<T> queue;

    /// At [#SPARE] the batch for the next who puts many in: sending allocates nothing, whatever the
    /// compiler makes of it. It is alone in its cache lines, for only senders want it.
    private final AtomicReferenceArray<@Nullable Batch<T>> spare =
            new AtomicReferenceArray<>(2 * SPARE);

    /// @param capacity rounded up to a power of two
    MpscQueue(int capacity) {
        queue = new MpscVarHandleArrayQueue<>(capacity);
    }

    @Override
    public boolean offer(T item) {
        return queue.offer(item);
    }

    @Override
    public int offerMany(T[] items, int from, int to) {
        Batch<T> kept = spare.getAndSet(SPARE, null);
        // Who finds it in use by another sender makes one of his own.
        Batch<T> batch = kept == null ? new Batch<>() : kept;
        batch.items = items;
        batch.next = from;
        try {
            return queue.fill(batch, to - from);
        } finally {
            batch.items = null;
            // Partner: the getAndSet of the next one, who must see it empty.
            spare.setRelease(SPARE, batch);
        }
    }

    @Override
    public @Nullable T poll() {
        return queue.relaxedPoll();
    }

    @Override
    public @Nullable T pollBegun() {
        return queue.poll();
    }

    @Override
    public int drain(Consumer<? super T> consumer, int itemsMax) {
        int count = 0;
        T next;
        while (count < itemsMax && (next = queue.relaxedPoll()) != null) {
            count++;
            consumer.accept(next);
        }
        return count;
    }

    @Override
    public int size() {
        return queue.size();
    }

    @Override
    public int capacity() {
        return queue.capacity();
    }

    /// Gives the items of an array one by one.
    private static final class Batch<T> implements MessagePassingQueue.Supplier<T> {
        private T @Nullable [] items;
        private int next;

        @Override
        public T get() {
            T[] given = items;
            assert given != null : "nobody fills";
            return given[next++];
        }
    }
}
