package dev.corio.channel;

import dev.corio.core.Core;
import org.jspecify.annotations.Nullable;

/// Every item to every receiver of one core. The last `capacity` items are kept; sending never
/// waits, and who is slower than that misses items and is told how many.
///
/// ```java
/// LocalBroadcast<String> news = new LocalBroadcast<>(64);
/// LocalBroadcast.Receiver<String> reader = news.subscribe(); // gets what is sent from now on
/// news.send("first");
/// try {
///     String item = reader.receive();
/// } catch (LaggedException e) {
///     log(e.missed() + " items were too fast for me");
/// }
/// ```
///
/// An item stays in memory until `capacity` later ones were sent. A receiver that is no longer used
/// is simply forgotten.
///
/// **Threading:** confined to its core.
///
/// @param <T> the items
public final class LocalBroadcast<T> {
    private final Core core = Core.current();
    private final WaitQueue waiters = new WaitQueue(core, "an item from a LocalBroadcast");
    private final WaitQueue later = new WaitQueue(core, "an item from a LocalBroadcast");
    private final @Nullable Object[] items;
    private final int capacity;
    private long sent;
    private boolean closed;

    /// A broadcast of the calling core.
    ///
    /// @param capacity how far a receiver may fall behind
    public LocalBroadcast(int capacity) {
        if (capacity < 1 || capacity > 1 << 24) {
            throw new IllegalArgumentException("capacity must be 1 to 16777216: " + capacity);
        }
        this.capacity = capacity;
        items = new @Nullable Object[capacity];
    }

    /// Sends an item to all receivers; never waits.
    ///
    /// @throws ClosedException with the item, when the broadcast is closed
    public void send(T item) {
        assert isHere();
        Source.requireItem(item);
        if (closed) {
            throw new ClosedException(this, item);
        }
        items[place(sent++)] = item;
        Waiter waiter;
        while ((waiter = waiters.poll()) != null) {
            hand(item, waiter);
        }
        waiters.addAll(later);
    }

    /// A receiver of what is sent from now on.
    public Receiver<T> subscribe() {
        assert isHere();
        return new Receiver<>(this, sent);
    }

    /// Takes no more items; receivers still get what is kept, and then null.
    public void close() {
        assert isHere();
        closed = true;
        waiters.grantAllClosed();
    }

    /// Whether it takes no more items.
    public boolean isClosed() {
        return closed;
    }

    /// How far a receiver may fall behind.
    public int capacity() {
        return capacity;
    }

    @Override
    public String toString() {
        return "LocalBroadcast(" + capacity + ")";
    }

    /// One that gets every item. Tasks that share a receiver share its items: each goes to one of
    /// them.
    ///
    /// **Threading:** confined to its core.
    ///
    /// @param <T> the items
    public static final class Receiver<T> extends Source<T> {
        private final LocalBroadcast<T> broadcast;
        private long received;

        private Receiver(LocalBroadcast<T> broadcast, long received) {
            this.broadcast = broadcast;
            this.received = received;
        }

        /// @throws LaggedException when items were overwritten before this receiver got them
        @Override
        public @Nullable T receive() throws InterruptedException {
            return super.receive();
        }

        /// @throws LaggedException when items were overwritten before this receiver got them
        @Override
        @SuppressWarnings("unchecked") // only send puts items in
        public @Nullable T tryReceive() {
            assert broadcast.isHere();
            long missed = broadcast.sent - received - broadcast.capacity;
            if (missed > 0) {
                received += missed;
                throw new LaggedException(missed);
            }
            return size() == 0 ? null : (T) broadcast.items[broadcast.place(received++)];
        }

        /// How many items it could receive now, or would have to report as missed.
        public long size() {
            return broadcast.sent - received;
        }

        /// Another receiver, that gets the same items as this one from here on.
        public Receiver<T> copy() {
            assert broadcast.isHere();
            return new Receiver<>(broadcast, received);
        }

        @Override
        public boolean isDrained() {
            return broadcast.closed && size() == 0;
        }

        @Override
        public String toString() {
            return "receiver of " + broadcast;
        }

        @Override
        WaitQueue receivers() {
            return broadcast.waiters;
        }

        @Override
        void enlist(Waiter waiter) {
            waiter.owner = this;
            broadcast.waiters.add(waiter);
        }
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalBroadcast used off its core; use a Mesh between cores";
        return true;
    }

    /// A second task that waits at the same receiver has its turn with the next item.
    private void hand(T item, Waiter waiter) {
        if (waiter.owner instanceof Receiver<?> receiver && receiver.received < sent) {
            receiver.received = sent;
            waiter.item = item;
            waiter.grant();
        } else {
            later.add(waiter);
        }
    }

    private int place(long sequence) {
        return (int) (sequence % capacity);
    }
}
