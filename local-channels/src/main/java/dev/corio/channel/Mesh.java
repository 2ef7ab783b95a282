package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Cores;
import java.util.ArrayList;
import java.util.List;
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
/// **Threading:** safe from any thread; a [Port] is confined to its core.
///
/// @param <T> the items
public final class Mesh<T> {
    private final Cores cores;
    private final List<List<CrossCoreChannel<T>>> channels = new ArrayList<>();

    private Mesh(Cores cores, int capacity) {
        this.cores = cores;
        for (Core sender : cores.all()) {
            List<CrossCoreChannel<T>> outgoing = new ArrayList<>();
            for (Core receiver : cores.all()) {
                outgoing.add(CrossCoreChannel.spsc(sender, receiver, capacity));
            }
            channels.add(outgoing);
        }
    }

    /// A mesh of all these cores.
    ///
    /// @param capacity of each channel, rounded up to a power of two
    public static <T> Mesh<T> of(Cores cores, int capacity) {
        return new Mesh<>(cores, capacity);
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
        if (here.index() >= cores.size() || cores.core(here.index()) != here) {
            throw new IllegalStateException(here + " is not one of the cores of this mesh");
        }
        return new Port(here.index());
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
    /// port; a core may have several ports, which then share what comes.
    ///
    /// **Threading:** confined to its core.
    public final class Port {
        private final int index;
        private final Select arrivals = Select.fair();
        private final List<Case<@Nullable T>> incoming = new ArrayList<>();
        private int openCount;
        private int sender = -1;

        private Port(int index) {
            this.index = index;
            for (int from = 0; from < cores.size(); from++) {
                incoming.add(arrivals.receive(channel(from, index)));
            }
            openCount = incoming.size();
        }

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

        /// Takes the next item from any core, each in its turn; suspends the calling task until
        /// there is one.
        ///
        /// @return null when every core has closed its channel to here, and all was received
        /// @throws InterruptedException when the task is interrupted first; no item was taken
        public @Nullable T receive() throws InterruptedException {
            while (openCount > 0) {
                Case<?> first = arrivals.await();
                int from = incoming.indexOf(first);
                T item = incoming.get(from).value();
                if (item != null) {
                    sender = from;
                    return item;
                }
                arrivals.remove(first);
                openCount--;
            }
            return null;
        }

        /// Which core sent what [#receive] answered last, by index.
        public int sender() {
            return sender;
        }

        /// Closes the channels from here.
        public void close() {
            channels.get(index).forEach(CrossCoreChannel::close);
        }
    }
}
