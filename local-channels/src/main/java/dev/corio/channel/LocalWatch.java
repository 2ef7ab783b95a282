package dev.corio.channel;

import dev.corio.core.Core;
import org.jspecify.annotations.Nullable;

/// The latest value of something, a configuration for example, for the tasks of one core that want
/// to know when it changes. Values that are replaced before a receiver looks are skipped.
///
/// ```java
/// LocalWatch<String> configuration = new LocalWatch<>("first");
/// LocalWatch.Receiver<String> changes = configuration.subscribe();
/// configuration.set("second");
/// configuration.set("third");
/// String latest = changes.receive(); // third: suspends until there is one it has not seen
/// ```
///
/// **Threading:** confined to its core.
///
/// @param <T> the value
public final class LocalWatch<T> {
    private final Core core = Core.current();
    private final WaitQueue waiters = new WaitQueue(core, "a new value of a LocalWatch");
    private final WaitQueue later = new WaitQueue(core, "a new value of a LocalWatch");
    private T value;
    private long version;
    private boolean closed;

    /// A watch of the calling core.
    ///
    /// @param value the first value, of version 0
    public LocalWatch(T value) {
        Source.requireItem(value);
        this.value = value;
    }

    /// The latest value.
    public T value() {
        assert isHere();
        return value;
    }

    /// How often it was set.
    public long version() {
        assert isHere();
        return version;
    }

    /// Replaces the value; never waits.
    ///
    /// @throws ClosedException with the value, when the watch is closed
    public void set(T value) {
        assert isHere();
        Source.requireItem(value);
        if (closed) {
            throw new ClosedException(this, value);
        }
        this.value = value;
        version++;
        Waiter waiter;
        while ((waiter = waiters.poll()) != null) {
            hand(waiter);
        }
        waiters.addAll(later);
    }

    /// A receiver of the values that are set from now on.
    public Receiver<T> subscribe() {
        assert isHere();
        return new Receiver<>(this);
    }

    /// Takes no more values. A receiver still gets the last one if it has not seen it, and then
    /// null.
    public void close() {
        assert isHere();
        closed = true;
        waiters.grantAllClosed();
    }

    /// Whether it takes no more values.
    public boolean isClosed() {
        return closed;
    }

    @Override
    public String toString() {
        return "LocalWatch(version " + version + ")";
    }

    /// One that gets the latest value whenever it is newer than what it got before. Of several
    /// tasks that wait at the same receiver one gets it.
    ///
    /// **Threading:** confined to its core.
    ///
    /// @param <T> the value
    public static final class Receiver<T> extends Source<T> {
        private final LocalWatch<T> watch;
        private long seen;

        private Receiver(LocalWatch<T> watch) {
            this.watch = watch;
            seen = watch.version;
        }

        @Override
        public @Nullable T tryReceive() {
            assert watch.isHere();
            if (!hasChanged()) {
                return null;
            }
            seen = watch.version;
            return watch.value;
        }

        /// Whether there is a value that it has not got.
        public boolean hasChanged() {
            return seen != watch.version;
        }

        @Override
        public boolean isDrained() {
            return watch.closed && !hasChanged();
        }

        @Override
        public String toString() {
            return "receiver of " + watch;
        }

        @Override
        WaitQueue receivers() {
            return watch.waiters;
        }

        @Override
        void enlist(Waiter waiter) {
            waiter.owner = this;
            watch.waiters.add(waiter);
        }
    }

    private boolean isHere() {
        assert core.isCurrent() : "LocalWatch used off its core; use a Mesh between cores";
        return true;
    }

    /// A second task that waits at the same receiver has its turn with the next value.
    private void hand(Waiter waiter) {
        if (waiter.owner instanceof Receiver<?> receiver && receiver.hasChanged()) {
            receiver.seen = version;
            waiter.item = value;
            waiter.grant();
        } else {
            later.add(waiter);
        }
    }
}
