package dev.corio.channel;

import dev.corio.core.Core;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A queue between the tasks of one core, with a limit: a full one suspends its senders, an empty
/// one its receivers. As many tasks as like may send and receive; each item goes to one receiver,
/// in the order of sending, and whoever waits is served in the order of coming.
///
/// ```java
/// LocalChannel<String> lines = LocalChannel.bounded(16);
/// core.spawn(
///         "writer",
///         () -> {
///             String line;
///             while ((line = lines.receive()) != null) {
///                 write(line);
///             }
///         });
/// lines.send("hello"); // suspends this task while 16 lines wait
/// lines.close(); // the writer still gets what is queued, then null
/// ```
///
/// Where a task waits for room, the item stays its own until it is in: when `send` throws, the item
/// was not sent.
///
/// **Threading:** confined to its core.
///
/// @param <T> the items
public final class LocalChannel<T> extends Source<T> {
    /// The limit of a channel that is called unbounded.
    public static final int UNBOUNDED_MAX = 1 << 20;

    private final Core core;
    private final int capacity;
    private final Ring<T> items = new Ring<>();
    private final WaitQueue receivers;
    private final WaitQueue senders;
    private int reserved;
    private boolean closed;

    private LocalChannel(Core core, int capacity) {
        this.core = core;
        this.capacity = capacity;
        receivers = new WaitQueue(core, "an item from a LocalChannel");
        senders = new WaitQueue(core, "room in a LocalChannel");
    }

    /// A channel of the calling core that holds up to `capacity` items. Memory is taken as items
    /// come, so a high limit costs nothing until it is needed.
    public static <T> LocalChannel<T> bounded(int capacity) {
        if (capacity < 1 || capacity > 1 << 30) {
            throw new IllegalArgumentException("capacity must be 1 to 1073741824: " + capacity);
        }
        return new LocalChannel<>(Core.current(), capacity);
    }

    /// A channel whose senders need not think of its limit, for there is one all the same: once
    /// [#UNBOUNDED_MAX] items wait, `send` suspends as in any other channel.
    public static <T> LocalChannel<T> unbounded() {
        return bounded(UNBOUNDED_MAX);
    }

    // ---- sending

    /// Puts an item in; suspends the calling task while the channel is full.
    ///
    /// @throws ClosedException with the item, when the channel is closed or is being closed
    /// @throws InterruptedException when the task is interrupted first; the item was not sent
    public void send(T item) throws InterruptedException {
        assert isHere();
        requireItem(item);
        WaitQueue.checkInterrupt(this);
        ensureOpen(item);
        if (hasRoom()) {
            accept(item);
        } else {
            awaitRoom(item);
        }
    }

    /// Puts an item in if there is room.
    ///
    /// @return false when the channel is full
    /// @throws ClosedException with the item, when the channel is closed
    public boolean trySend(T item) {
        assert isHere();
        requireItem(item);
        ensureOpen(item);
        if (!hasRoom()) {
            return false;
        }
        accept(item);
        return true;
    }

    /// Reserves room for one item that is still to be made; suspends the calling task while the
    /// channel is full. The channel counts it as full until then, and when it is closed meanwhile,
    /// the item is received all the same.
    ///
    /// @throws ClosedException when the channel is closed or is being closed
    /// @throws InterruptedException when the task is interrupted first; nothing is reserved
    public Slot<T> reserve() throws InterruptedException {
        assert isHere();
        WaitQueue.checkInterrupt(this);
        ensureOpen(null);
        if (hasRoom()) {
            reserved++;
        } else {
            awaitRoom(null);
        }
        return new Slot<>(this);
    }

    /// Reserves room if there is some; null when the channel is full.
    ///
    /// @throws ClosedException when the channel is closed
    public @Nullable Slot<T> tryReserve() {
        assert isHere();
        ensureOpen(null);
        if (!hasRoom()) {
            return null;
        }
        reserved++;
        return new Slot<>(this);
    }

    // ---- receiving

    @Override
    public @Nullable T tryReceive() {
        assert isHere();
        T item = items.poll();
        if (item != null) {
            letSendersIn();
        }
        return item;
    }

    /// Hands what is queued to a consumer, which must not wait.
    ///
    /// @param itemsMax how many at most
    /// @return how many; what the consumer throws leaves the rest queued
    public int drain(Consumer<? super T> consumer, int itemsMax) {
        assert isHere();
        int count = 0;
        try {
            T item;
            while (count < itemsMax && (item = items.poll()) != null) {
                count++;
                consumer.accept(item);
            }
        } finally {
            letSendersIn();
        }
        return count;
    }

    /// Like [#drain], but suspends the calling task until there is at least one item.
    ///
    /// @return how many; 0 only when the channel is closed and everything was received
    /// @throws InterruptedException when the task is interrupted first; no item was taken
    public int receiveMany(Consumer<? super T> consumer, int itemsMax) throws InterruptedException {
        requirePositive(itemsMax);
        T first = receive();
        if (first == null) {
            return 0;
        }
        consumer.accept(first);
        return 1 + drain(consumer, itemsMax - 1);
    }

    // ---- the rest

    /// Takes no more items. What is queued or reserved is still received; senders that wait fail
    /// with what they could not send. Closing again does nothing.
    public void close() {
        assert isHere();
        if (!closed) {
            closed = true;
            senders.grantAllClosed();
            tellReceiversOfTheEnd();
        }
    }

    /// Whether it takes no more items.
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean isDrained() {
        return closed && items.size() == 0 && reserved == 0;
    }

    /// How many items are queued.
    public int size() {
        return items.size();
    }

    /// How many items it can hold, reserved ones counted.
    public int capacity() {
        return capacity;
    }

    @Override
    public String toString() {
        return "LocalChannel(" + items.size() + " of " + capacity + ")";
    }

    /// Room for one item, which its owner uses or gives back.
    ///
    /// ```java
    /// try (LocalChannel.Slot<String> slot = lines.reserve()) {
    ///     slot.send(readLine()); // is in for certain, and without a wait
    /// } // not sent, because reading failed? then the room is free again
    /// ```
    ///
    /// **Threading:** confined to its core.
    ///
    /// @param <T> the items
    public static final class Slot<T> implements AutoCloseable {
        private @Nullable LocalChannel<T> channel;

        private Slot(LocalChannel<T> channel) {
            this.channel = channel;
        }

        /// Puts the item in.
        ///
        /// @throws IllegalStateException when the slot was used or given back before
        public void send(T item) {
            LocalChannel<T> target = channel;
            if (target == null) {
                throw new IllegalStateException("the slot was used or given back before");
            }
            assert target.isHere();
            requireItem(item);
            channel = null;
            target.reserved--;
            target.accept(item);
            target.letSendersIn();
            target.tellReceiversOfTheEnd();
        }

        /// Gives the room back if it was not used.
        @Override
        public void close() {
            LocalChannel<T> target = channel;
            if (target != null) {
                assert target.isHere();
                channel = null;
                target.reserved--;
                target.letSendersIn();
                target.tellReceiversOfTheEnd();
            }
        }
    }

    @Override
    WaitQueue receivers() {
        return receivers;
    }

    @Override
    void enlist(Waiter waiter) {
        receivers.add(waiter);
    }

    /// Has the item of a waiter taken in when there is room, which there is not now.
    void enlistSender(Waiter waiter) {
        senders.add(waiter);
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalChannel used off its core; use CrossCoreChannel";
        return true;
    }

    private void ensureOpen(@Nullable T item) {
        if (closed) {
            throw new ClosedException(this, item);
        }
    }

    /// For one more who comes now: those who wait come first, also to the room that a consumer has
    /// just made.
    private boolean hasRoom() {
        return senders.isEmpty() && fitsOneMore();
    }

    private boolean fitsOneMore() {
        return items.size() + reserved < capacity;
    }

    /// While receivers wait nothing is queued, so the item overtakes none.
    private void accept(T item) {
        Waiter receiver = receivers.poll();
        if (receiver == null) {
            items.add(item);
        } else {
            receiver.item = item;
            receiver.grant();
        }
    }

    @SuppressWarnings("unchecked") // enlisted by send, here or in a Select
    private void letSendersIn() {
        while (fitsOneMore()) {
            Waiter sender = senders.poll();
            if (sender == null) {
                return;
            }
            // First: a select that also receives here must not get its own item.
            sender.grant();
            if (sender.item == null) {
                reserved++;
            } else {
                accept((T) sender.item);
            }
        }
    }

    private void tellReceiversOfTheEnd() {
        if (isDrained()) {
            receivers.grantAllClosed();
        }
    }

    private void awaitRoom(@Nullable T item) throws InterruptedException {
        Waiter waiter = senders.lease();
        waiter.item = item;
        try {
            senders.await(waiter);
            if (waiter.closed) {
                throw new ClosedException(this, item);
            }
        } finally {
            senders.release(waiter);
        }
    }
}
