package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Cores;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// All-to-all between the cores of a [Cores]: a channel of its own for each pair, so that nobody
/// shares a queue with another sender.
///
/// ```java
/// Mesh<String> mesh = Mesh.of(cores, 256);
/// cores.spawnOnEach("talk", core -> {
///     Mesh<String>.Port port = mesh.join();
///     port.send((core.index() + 1) % cores.size(), "hello from " + core);
///     String greeting = port.receive();
/// });
/// ```
///
/// A core that ends closes its channels, both ways; the others go on without it.
///
/// **Threading:** safe from any thread; a [Port] is confined to its core.
///
/// @param <T> the items
public final class Mesh<T> {
    private final List<Core> cores;
    private final List<List<CrossCoreChannel<T>>> channels = new ArrayList<>();

    Mesh(List<Core> cores, int capacity) {
        this.cores = cores;
        for (Core sender : cores) {
            List<CrossCoreChannel<T>> outgoing = new ArrayList<>();
            for (Core receiver : cores) {
                outgoing.add(CrossCoreChannel.spsc(sender, receiver, capacity));
            }
            channels.add(outgoing);
        }
    }

    /// A mesh of all these cores.
    ///
    /// @param capacity of each channel, see [CrossCoreChannel#spsc]
    public static <T> Mesh<T> of(Cores cores, int capacity) {
        return new Mesh<>(cores.all(), capacity);
    }

    /// The channel from one core to another, or to itself; both by index.
    public CrossCoreChannel<T> channel(int from, int to) {
        return channels.get(from).get(to);
    }

    /// The end of the mesh at the calling core.
    ///
    /// @throws IllegalStateException when the caller is not on one of these cores
    public Port join() {
        Core here = Core.current();
        int index = cores.indexOf(here);
        if (index < 0) {
            throw new IllegalStateException(here + " is not one of the cores of this mesh");
        }
        return new Port(index);
    }

    /// Closes all channels: what was sent is still received.
    public void close() {
        channels.forEach(outgoing -> outgoing.forEach(CrossCoreChannel::close));
    }

    @Override
    public String toString() {
        return "Mesh of " + cores.size() + " cores";
    }

    /// Where one core sends to and receives from all. Only one task at a time may receive from a
    /// port; a core may have several ports, which then share what comes. Who waits for other things
    /// too adds each [#channel] to here to a [Select] of its own.
    ///
    /// **Threading:** confined to its core.
    public final class Port {
        private final int index;
        private final Select arrivals = Select.fair();
        private final List<Case<@Nullable T>> incoming = new ArrayList<>();
        private int openCount;
        private int nextDrained;
        private int sender = -1;

        Port(int index) {
            this.index = index;
            for (int from = 0; from < cores.size(); from++) {
                incoming.add(arrivals.receive(channel(from, index)));
            }
            openCount = incoming.size();
        }

        // ---- sending

        /// Sends an item to a core, by index; suspends the calling task while that one's channel
        /// from here is full.
        ///
        /// @throws ClosedException with the item, when that channel is closed
        /// @throws InterruptedException when the task is interrupted first; the item was not sent
        public void send(int to, T item) throws InterruptedException {
            channel(index, to).send(item);
        }

        /// Sends an item to a core if there is room.
        ///
        /// @return false when there is none
        /// @throws ClosedException with the item, when that channel is closed
        public boolean trySend(int to, T item) {
            return channel(index, to).trySend(item);
        }

        // ---- receiving

        /// Takes the next item from any core, each in its turn; suspends the calling task until
        /// there is one.
        ///
        /// @return null when every core has closed its channel to here, and all was received
        /// @throws InterruptedException when the task is interrupted first; no item was taken
        public @Nullable T receive() throws InterruptedException {
            while (openCount > 0) {
                T item = taken(arrivals.await());
                if (item != null) {
                    return item;
                }
            }
            return null;
        }

        /// Takes the next item from any core, each in its turn, if there is one.
        ///
        /// @return null when there is none now, or never will be: see [#isDrained]
        public @Nullable T tryReceive() {
            Case<?> first;
            while (openCount > 0 && (first = arrivals.tryAwait()) != null) {
                T item = taken(first);
                if (item != null) {
                    return item;
                }
            }
            return null;
        }

        /// Hands what has come to a consumer, which must not wait; [#sender] tells it from where.
        ///
        /// @param itemsMax how many at most; the next call begins with the next core
        /// @return how many; what the consumer throws leaves the rest queued
        public int drain(Consumer<? super T> consumer, int itemsMax) {
            int count = 0;
            for (int i = 0; i < incoming.size() && count < itemsMax; i++) {
                int from = nextDrained;
                nextDrained = (from + 1) % incoming.size();
                int senderBefore = sender;
                sender = from;
                int taken = channel(from, index).drain(consumer, itemsMax - count);
                if (taken == 0) {
                    sender = senderBefore;
                }
                count += taken;
            }
            return count;
        }

        /// Like [#drain], but suspends the calling task until there is at least one item.
        ///
        /// @return how many; 0 only when every core has closed its channel to here, and all was
        ///   received
        /// @throws InterruptedException when the task is interrupted first; no item was taken
        public int receiveMany(Consumer<? super T> consumer, int itemsMax)
                throws InterruptedException {
            Source.requirePositive(itemsMax);
            WaitQueue.checkInterrupt(Mesh.this);
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

        /// Whether nothing will come any more: every core has closed its channel to here, and all
        /// was received.
        public boolean isDrained() {
            for (int from = 0; from < incoming.size(); from++) {
                if (!channel(from, index).isDrained()) {
                    return false;
                }
            }
            return true;
        }

        /// Which core sent what was received last, by index.
        public int sender() {
            return sender;
        }

        /// Closes the channels from here.
        public void close() {
            channels.get(index).forEach(CrossCoreChannel::close);
        }

        /// Null when it was the end of a channel, which is waited for no more.
        private @Nullable T taken(Case<?> first) {
            int from = incoming.indexOf(first);
            T item = incoming.get(from).value();
            if (item == null) {
                arrivals.remove(first);
                openCount--;
            } else {
                sender = from;
            }
            return item;
        }
    }
}
