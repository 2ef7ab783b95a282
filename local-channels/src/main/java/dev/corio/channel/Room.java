package dev.corio.channel;

import dev.corio.core.Core;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/// Who waits for the receiver of a [CrossCoreChannel], most of them for room, and how they learn of
/// it: tasks in the [SenderSide] of their core, plain threads parked here. Their number is that of
/// the live tasks and threads.
///
/// Who waits says where it can be told, then that room is wanted, and then tries once more. The
/// receiver makes room and then looks whether it is wanted. With a full fence on both sides at
/// least one of them sees the other (Dekker). The order of the first two matters: whoever finds
/// room wanted takes that back, and must find all who said so before.
///
/// **Threading:** safe from any thread; [#announce] is for the receiver, [#ended] for its end.
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

    /// Whether the receiving core has ended.
    private volatile boolean ended;

    /// One for each core whose tasks have ever waited.
    private volatile SenderSide<T>[] sides = noSides();

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
            for (SenderSide<T> each : sides) {
                each.ring();
            }
            LockSupport.unpark(threads.peek());
        }
    }

    /// Tells all that the channel is closed.
    void closed() {
        // Partner: the fence in want, before which those who wait have said where.
        VarHandle.fullFence();
        for (SenderSide<T> each : sides) {
            each.ring();
        }
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }

    /// Tells all that the receiving core has ended, after the channel was closed.
    void ended() {
        // Partner: the look in sideOf, behind the adding of a side.
        ended = true;
        for (SenderSide<T> each : sides) {
            each.ringEnd();
        }
    }

    /// Whether tasks of the calling core wait for room.
    boolean isWaitedForHere() {
        for (SenderSide<T> each : sides) {
            if (each.core().isCurrent()) {
                return !each.isEmpty();
            }
        }
        return false;
    }

    /// Waits until an item is in: a task is suspended, a plain thread parked.
    void await(T item) throws InterruptedException {
        Core here = Core.currentOrNull();
        if (here == null) {
            park(item);
        } else {
            sideOf(here).await(item);
        }
    }

    /// Where the tasks of the calling core wait.
    SenderSide<T> sideOf(Core here) {
        for (SenderSide<T> known : sides) {
            if (known.core() == here) {
                return known;
            }
        }
        SenderSide<T> side = new SenderSide<>(here, channel, this);
        side.listenToEnd();
        addSide(side);
        if (ended) {
            side.ended();
        }
        return side;
    }

    private synchronized void addSide(SenderSide<T> added) {
        SenderSide<T>[] more = Arrays.copyOf(sides, sides.length + 1);
        more[more.length - 1] = added;
        sides = more;
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
    private static <T> SenderSide<T>[] noSides() {
        return new SenderSide[0];
    }
}
