/// Everything that tasks need to talk. `Local…` is for the tasks of one core, and has no atomic
/// instruction in it; the rest goes between cores.
///
/// ```
///  one core
///    each item to one receiver, in order      LocalChannel
///    each item to every receiver              LocalBroadcast
///    only the latest value                    LocalWatch
///    one answer                               LocalOneshot, LocalOnce
///    so many at a time, one at a time         LocalSemaphore, LocalMutex
///    it has happened, all have come           LocalEvent, LocalBarrier
///    drain what is in flight, call it off     LocalGate, LocalCancellation
///
///  between cores
///    from one core, or from everywhere        CrossCoreChannel
///    a question and its answer                Request
///    from all to all                          Mesh
///
///  the first of several                       Select
/// ```
///
/// All of them keep the same promises. Who waits is served in the order of coming, and suspends its
/// task, never the core. A wait that ends with an `InterruptedException` has taken and given
/// nothing, and moves nobody out of order. Closed is told apart from that: a `null` where items
/// end, a [dev.corio.channel.ClosedException] with the item where one was not sent. A core that
/// ends leaves nobody waiting for it. Waiting allocates nothing once a place in the queue was used
/// before. A null is never an item.
///
/// Read [dev.corio.channel.LocalChannel] first, then [dev.corio.channel.Select].
@NullMarked
package dev.corio.channel;

import org.jspecify.annotations.NullMarked;
