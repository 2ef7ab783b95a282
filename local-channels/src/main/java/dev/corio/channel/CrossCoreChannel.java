package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Doorbell;
import dev.corio.core.EndWatch;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A queue into one core, from one other core or from everywhere, with a limit.
///
/// ```java
/// CrossCoreChannel<String> work = CrossCoreChannel.mpsc(worker, 1024);
/// worker.spawn("work", () -> {
///     String item;
///     while ((item = work.receive()) != null) {
///         handle(item);
///     }
/// });
/// work.send("hello"); // from any task or thread; waits while the channel is full
/// ```
///
/// Sending and receiving cost no system call while the other side is awake. A core that sleeps for
/// want of items is woken by the first one, and takes all that came meanwhile; those that wait for
/// room likewise. A task that waits is suspended, and its core goes on; a plain thread is parked.
///
/// Items of one task arrive in the order of sending. Tasks of one core that wait for room get it in
/// the order of coming. Between cores there is no order, and no core starves another for long.
///
/// Closing loses nothing: what `send` accepted is received, and everything else is refused with the
/// item. A core that ends, in order or by failure, closes the channels into it, and what is still
/// inside is lost with it. The end of the only sender ([#spsc]) closes the channel too.
///
/// **Threading:** sending is for the sending core ([#spsc]) or for any thread ([#mpsc]); receiving
/// is confined to the receiving core; [#close] and the plain accessors are safe from any thread.
///
/// @param <T> the items, handed over with everything that was written to them before
public final class CrossCoreChannel<T> extends Source<T> {
    private static final int CAPACITY_MAX = 1 << 24;

    /// How many a consumer took that has thrown.
    private static final int UNKNOWN = -1;

    private final Core receiver;
    private final @Nullable Core sender;
    private final ClosableQueue<T> queue;
    private final Room<T> room = new Room<>(this);

    // Confined to the receiving core.
    private final WaitQueue receivers;
    private final Doorbell arrival;

    private final EndWatch receiverEnd;
    private final @Nullable EndWatch senderEnd;

    private CrossCoreChannel(Core receiver, @Nullable Core sender, ItemQueue<T> items) {
        this.receiver = receiver;
        this.sender = sender;
        receivers = new WaitQueue(receiver, "an item from a CrossCoreChannel");
        arrival =
                new Doorbell(receiver) {
                    @Override
                    protected void rung() {
                        deliver();
                    }
                };
        queue = new ClosableQueue<>(items, arrival);
        receiverEnd =
                new EndWatch(receiver) {
                    @Override
                    protected void ended() {
                        close();
                        room.ended();
                    }
                };
        senderEnd =
                sender == null
                        ? null
                        : new EndWatch(sender) {
                            @Override
                            protected void ended() {
                                close();
                            }
                        };
    }

    /// From one core into another: the fastest for single items, as one sending thread needs no
    /// atomic instruction. In batches [#mpsc] is as fast.
    ///
    /// @param capacity rounded up to a power of two
    public static <T> CrossCoreChannel<T> spsc(Core sender, Core receiver, int capacity) {
        requireCapacity(capacity);
        return new CrossCoreChannel<>(receiver, sender, new SpscQueue<T>(capacity)).opened();
    }

    /// From all cores and threads into one core.
    ///
    /// @param capacity rounded up to a power of two
    public static <T> CrossCoreChannel<T> mpsc(Core receiver, int capacity) {
        requireCapacity(capacity);
        return new CrossCoreChannel<>(receiver, null, new MpscQueue<T>(capacity)).opened();
    }

    // ---- sending

    /// Puts an item in; while the channel is full, a calling task is suspended and a calling thread
    /// parked.
    ///
    /// @throws ClosedException with the item, when the channel is closed or is being closed
    /// @throws InterruptedException when the caller is interrupted first; the item was not sent
    public void send(T item) throws InterruptedException {
        WaitQueue.checkInterrupt(this);
        if (!trySend(item)) {
            room.await(item);
        }
    }

    /// Puts an item in if there is room, and no task of this core waits for some.
    ///
    /// @return false when there is none
    /// @throws ClosedException with the item, when the channel is closed
    public boolean trySend(T item) {
        assert isSending();
        requireItem(item);
        return !room.isWaitedForHere() && offer(item);
    }

    /// Puts in as many of some items as there is room for, and tells the receiver once.
    ///
    /// @param from the first of them
    /// @param to behind the last one; a null on the way ends it sooner
    /// @return how many were sent, from the first on
    /// @throws ClosedException with the first item, when the channel is closed and none was sent
    public int trySendMany(T[] items, int from, int to) {
        assert isSending();
        Objects.checkFromToIndex(from, to, items.length);
        if (from == to) {
            return 0;
        }
        requireItem(items[from]);
        ensureOpen(items[from]);
        int sent = room.isWaitedForHere() ? 0 : queue.offerMany(items, from, to);
        if (sent == 0) {
            ensureOpen(items[from]);
        }
        return sent;
    }

    /// Like [#trySendMany], but waits until there is room for at least one item.
    ///
    /// @return how many were sent, from the first on, at least one
    /// @throws ClosedException with the first item, when the channel is closed and none was sent
    /// @throws InterruptedException when the caller is interrupted first; none was sent
    public int sendMany(T[] items, int from, int to) throws InterruptedException {
        WaitQueue.checkInterrupt(this);
        int sent = trySendMany(items, from, to);
        if (sent > 0 || from == to) {
            return sent;
        }
        room.await(items[from]);
        return room.isWaitedForHere() ? 1 : 1 + queue.offerMany(items, from + 1, to);
    }

    // ---- receiving

    @Override
    public @Nullable T tryReceive() {
        assert isReceiving();
        if (!receivers.isEmpty()) {
            // What has just come is theirs.
            deliver();
        }
        T item = receivers.isEmpty() ? queue.poll() : null;
        if (item != null) {
            room.announce();
        }
        return item;
    }

    /// Hands what has come, and what comes meanwhile, to a consumer, which must not wait.
    ///
    /// @param itemsMax how many at most
    /// @return how many; what the consumer throws leaves the rest queued
    public int drain(Consumer<? super T> consumer, int itemsMax) {
        assert isReceiving();
        if (itemsMax < 1 || !receivers.isEmpty()) {
            // What has just come is theirs.
            return 0;
        }
        int count = UNKNOWN;
        try {
            count = queue.drain(consumer, itemsMax);
        } finally {
            if (count != 0) {
                room.announce();
            }
        }
        return count;
    }

    /// Like [#drain], but suspends the calling task until there is at least one item.
    ///
    /// @return how many; 0 only when the channel is closed and everything was received
    /// @throws InterruptedException when the task is interrupted first; no item was taken
    public int receiveMany(Consumer<? super T> consumer, int itemsMax) throws InterruptedException {
        requirePositive(itemsMax);
        WaitQueue.checkInterrupt(this);
        int count = drain(consumer, itemsMax);
        if (count > 0) {
            return count;
        }
        T first = receive();
        if (first == null) {
            return 0;
        }
        consumer.accept(first);
        return 1 + drain(consumer, itemsMax - 1);
    }

    // ---- the rest

    /// Takes no more items. What was sent is still received; those that wait for room fail with
    /// what they could not send. Safe from any thread; closing again does nothing.
    public void close() {
        if (queue.close()) {
            arrival.ring();
            room.closed();
        }
    }

    /// Whether it takes no more items. Safe from any thread.
    public boolean isClosed() {
        return queue.isClosed();
    }

    @Override
    public boolean isDrained() {
        return queue.isDrained();
    }

    /// About how many items have been sent and not received. Safe from any thread.
    public int size() {
        return queue.size();
    }

    /// How many items it holds. Safe from any thread.
    public int capacity() {
        return queue.capacity();
    }

    /// The core that receives.
    public Core receiver() {
        return receiver;
    }

    @Override
    public String toString() {
        return "CrossCoreChannel into " + receiver;
    }

    @Override
    WaitQueue receivers() {
        return receivers;
    }

    @Override
    void enlist(Waiter waiter) {
        receivers.add(waiter);
        deliver();
    }

    /// The same for a waiter that has an item to send.
    void enlistSender(Waiter waiter) {
        room.sideOf(Core.current()).enlist(waiter);
    }

    /// Where those wait who send.
    Room<T> room() {
        return room;
    }

    /// False when it is full.
    boolean offer(T item) {
        ensureOpen(item);
        if (queue.offer(item)) {
            return true;
        }
        // Refused, perhaps, where it was closed meanwhile.
        ensureOpen(item);
        return false;
    }

    /// Closed at once when one of its cores has ended already.
    private CrossCoreChannel<T> opened() {
        receiverEnd.begin();
        if (senderEnd != null) {
            senderEnd.begin();
        }
        return this;
    }

    private boolean isSending() {
        assert sender == null || sender.isCurrent()
                : "CrossCoreChannel used by another than its sending core; use mpsc";
        return true;
    }

    private void ensureOpen(T item) {
        if (queue.isClosed()) {
            throw new ClosedException(this, item);
        }
    }

    private boolean isReceiving() {
        assert receiver.isCurrent()
                : "CrossCoreChannel received from off its receiving core; spawn a task there";
        return true;
    }

    /// Hands over what has come to those who wait, and has the next arrival announced.
    private void deliver() {
        boolean listening = false;
        boolean taken = false;
        while (!receivers.isEmpty()) {
            T item = queue.poll();
            if (item != null) {
                Waiter waiter = receivers.poll();
                assert waiter != null : "the queue was not empty";
                waiter.item = item;
                waiter.grant();
                taken = true;
            } else if (isDrained()) {
                receivers.grantAllClosed();
            } else if (!listening) {
                // And look once more.
                arrival.listen();
                listening = true;
            } else {
                break;
            }
        }
        if (taken) {
            room.announce();
        }
    }

    private static void requireCapacity(int capacity) {
        if (capacity < 2 || capacity > CAPACITY_MAX) {
            throw new IllegalArgumentException("capacity must be 2 to 16777216: " + capacity);
        }
    }
}
