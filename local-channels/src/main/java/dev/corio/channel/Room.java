package dev.corio.channel;

import dev.corio.core.Core;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Who waits for room in a [CrossCoreChannel], and how they learn of it: tasks in the [RoomQueue]
/// of their core, plain threads parked here. Their number is that of the live tasks and threads.
///
/// Who waits says where it can be told, then that room is wanted, and then tries once more. The
/// receiver makes room and then looks whether it is wanted. With a full fence on both sides at
/// least one of them sees the other (Dekker). The order of the first two matters: whoever finds
/// room wanted takes that back, and must find all who said so before.
///
/// **Threading:** safe from any thread; [#announce] is for the receiver.
final class Room<T> {
    private static final VarHandle WANTED;

    static {
        try {
            WANTED = MethodHandles.lookup().findVarHandle(Room.class, "wanted", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final CrossCoreChannel<T> channel;
    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();

    @SuppressWarnings("unused") // through WANTED
    private volatile boolean wanted;

    /// One for each core whose tasks have ever waited for room.
    private volatile RoomQueue<T>[] queues = noQueues();

    Room(CrossCoreChannel<T> channel) {
        this.channel = channel;
    }

    /// Says that room is wanted; the caller must have said before where it can be told, and must
    /// try once more after this.
    void want() {
        WANTED.setVolatile(this, true);
        // Partner: the fence in announce. It orders this before the caller's second try.
        VarHandle.fullFence();
    }

    /// Tells those who wait that there is some.
    void announce() {
        // Partner: the fence in want. It orders the taking before the look.
        VarHandle.fullFence();
        if ((boolean) WANTED.getOpaque(this)) {
            WANTED.setOpaque(this, false);
            // Partner: what comes before want. It orders this before the look at who can be told.
            VarHandle.fullFence();
            for (RoomQueue<T> each : queues) {
                each.ring();
            }
            LockSupport.unpark(threads.peek());
        }
    }

    /// Tells all that the channel is closed.
    void closed() {
        // Partner: the fence in want, before which those who wait have said where.
        VarHandle.fullFence();
        for (RoomQueue<T> each : queues) {
            each.ring();
        }
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }

    /// Whether tasks of the calling core wait.
    boolean isWaitedForHere() {
        for (RoomQueue<T> each : queues) {
            if (each.isHere()) {
                return !each.isEmpty();
            }
        }
        return false;
    }

    /// Waits until an item is in: a task is suspended, a plain thread parked.
    void await(T item) throws InterruptedException {
        RoomQueue<T> here = queueHere();
        if (here == null) {
            park(item);
        } else {
            here.await(item);
        }
    }

    /// Has the item of a waiter put in as soon as there is room.
    void enlist(Waiter waiter) {
        RoomQueue<T> here = queueHere();
        if (here == null) {
            throw new IllegalStateException("a Select is awaited by a task of a core");
        }
        here.enlist(waiter);
    }

    /// Null when the caller is not on a core.
    private @Nullable RoomQueue<T> queueHere() {
        Core here = Core.currentOrNull();
        if (here == null) {
            return null;
        }
        for (RoomQueue<T> known : queues) {
            if (known.isHere()) {
                return known;
            }
        }
        return addQueue(new RoomQueue<>(here, channel, this));
    }

    private synchronized RoomQueue<T> addQueue(RoomQueue<T> added) {
        RoomQueue<T>[] more = Arrays.copyOf(queues, queues.length + 1);
        more[more.length - 1] = added;
        queues = more;
        return added;
    }

    private void park(T item) throws InterruptedException {
        Thread thread = Thread.currentThread();
        threads.add(thread);
        try {
            while (true) {
                want();
                if (channel.offer(item)) {
                    return;
                }
                LockSupport.park(channel);
                if (Thread.interrupted()) {
                    throw new InterruptedException(
                            "interrupted while waiting for room in " + channel);
                }
            }
        } finally {
            threads.remove(thread);
            // The room that was announced may be enough for one more.
            LockSupport.unpark(threads.peek());
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // empty
    private static <T> RoomQueue<T>[] noQueues() {
        return new RoomQueue[0];
    }
}
