package dev.corio.channel;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What is inside a [ClosableQueue]: items in the order in which they were put in, up to a limit.
///
/// **Threading:** [#poll], [#pollBegun] and [#drain] are for one thread at a time; who may put in,
/// the implementation says; the rest is safe from any thread.
interface ItemQueue<T> {
    /// Puts an item in; false when there is no room.
    boolean offer(T item);

    /// Puts in what there is room for of `items[from..to)`, none of which is null.
    ///
    /// @return how many, from the first on
    int offerMany(T[] items, int from, int to);

    /// The next item; null when there is none yet.
    @Nullable T poll();

    /// As [#poll], but waits for an item that somebody is just putting in, and that hides those
    /// behind it: null only when everything that was begun before is out.
    @Nullable T pollBegun();

    /// Hands over what is there, at most so many; some of it, at least, where it is cheaper not to
    /// look how much that is.
    ///
    /// @return how many, 0 only when there are none yet; what the consumer throws leaves the rest
    ///   here
    int drain(Consumer<? super T> consumer, int itemsMax);

    /// About how many are inside.
    int size();

    /// How many fit.
    int capacity();
}
