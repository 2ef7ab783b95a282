package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Doorbell;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jctools.queues.varhandle.SpscVarHandleArrayQueue;
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
/// item.
///
/// **Threading:** sending is for the sending core ([#spsc]) or for any thread ([#mpsc]); receiving
/// is confined to the receiving core; [#close] and the plain accessors are safe from any thread.
///
/// @param <T> the items, handed over with everything that was written to them before
public final class CrossCoreChannel<T> extends Source<T> {
    private static final VarHandle STATE;
    private static final VarHandle ROOM_WANTED;

    static {
        try {
            var lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(CrossCoreChannel.class, "state", int.class);
            ROOM_WANTED = lookup.findVarHandle(CrossCoreChannel.class, "roomWanted", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int OPEN = 0;

    /// Nothing more is to be sent.
    private static final int CLOSED = 1;

    /// The receiver takes out what it finds, for the last time.
    private static final int SEALED = 2;

    /// The receiver looks no more: what is in the queue belongs to those who sent it.
    private static final int DONE = 3;

    private static final int CAPACITY_MAX = 1 << 24;

    private final Core receiver;
    private final @Nullable Core sender;
    private final MessagePassingQueue<T> queue;

    @SuppressWarnings("unused") // through STATE
    private volatile int state = OPEN;

    /// Set by those who find it full, before they look once more; taken back by the receiver.
    @SuppressWarnings("unused") // through ROOM_WANTED
    private volatile boolean roomWanted;

    /// One for each core whose tasks have ever waited for room.
    private volatile RoomQueue<T>[] roomQueues = noRoomQueues();

    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();
    private final List<T> refused = new ArrayList<>();

    // Confined to the receiving core.
    private final WaitQueue receivers;
    private final ArrayDeque<T> lastItems = new ArrayDeque<>();
    private final Doorbell arrival;

    private CrossCoreChannel(Core receiver, @Nullable Core sender, MessagePassingQueue<T> queue) {
        this.receiver = receiver;
        this.sender = sender;
        this.queue = queue;
        receivers = new WaitQueue(receiver, "an item from a CrossCoreChannel");
        arrival =
                new Doorbell(receiver) {
                    @Override
                    protected void rung() {
                        deliver();
                    }
                };
    }

    /// From one core into another: the fastest, for one sending thread needs no atomic instruction.
    ///
    /// @param capacity rounded up to a power of two
    public static <T> CrossCoreChannel<T> spsc(Core sender, Core receiver, int capacity) {
        requireCapacity(capacity);
        return new CrossCoreChannel<>(receiver, sender, new SpscVarHandleArrayQueue<>(capacity));
    }

    /// From all cores and threads into one core.
    ///
    /// @param capacity rounded up to a power of two
    public static <T> CrossCoreChannel<T> mpsc(Core receiver, int capacity) {
        requireCapacity(capacity);
        return new CrossCoreChannel<>(receiver, null, new MpscVarHandleArrayQueue<>(capacity));
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
            RoomQueue<T> here = roomQueueHere();
            if (here == null) {
                parkForRoom(item);
            } else {
                here.await(item);
            }
        }
    }

    /// Puts an item in if there is room, and no task of this core waits for some.
    ///
    /// @return false when there is none
    /// @throws ClosedException with the item, when the channel is closed
    public boolean trySend(T item) {
        assert isSending();
        return !isOvertaking() && offer(item);
    }

    /// Puts in as many of some items as there is room for, and tells the receiver once.
    ///
    /// @param from the first of them
    /// @param to behind the last one
    /// @return how many were sent, from the first on
    /// @throws ClosedException with the first item, when the channel is closed and none was sent
    public int trySendMany(T[] items, int from, int to) {
        assert isSending();
        if (from == to) {
            return 0;
        }
        ensureOpen(items[from]);
        if (isOvertaking()) {
            return 0;
        }
        int end = from;
        while (end < to && queue.offer(items[end])) {
            end++;
        }
        if (end == from) {
            return 0;
        }
        arrival.ring();
        // After the fence in ring: its partner is the one in seal.
        if ((int) STATE.getOpaque(this) >= SEALED) {
            while (end > from && isRefused(items[end - 1])) {
                end--;
            }
            if (end == from) {
                throw new ClosedException(this, items[from]);
            }
        }
        return end - from;
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
        send(items[from]);
        try {
            return 1 + trySendMany(items, from + 1, to);
        } catch (ClosedException e) {
            // The first one is in.
            return 1;
        }
    }

    // ---- receiving

    @Override
    public @Nullable T tryReceive() {
        assert isReceiving();
        if (!receivers.isEmpty()) {
            // What has just come is theirs.
            deliver();
            return null;
        }
        T item = poll();
        if (item != null) {
            announceRoom();
        }
        return item;
    }

    /// Hands what has come to a consumer, which must not wait.
    ///
    /// @param itemsMax how many at most
    /// @return how many; what the consumer throws leaves the rest queued
    public int drain(Consumer<? super T> consumer, int itemsMax) {
        assert isReceiving();
        int count = 0;
        try {
            T item;
            while (count < itemsMax && receivers.isEmpty() && (item = poll()) != null) {
                count++;
                consumer.accept(item);
            }
        } finally {
            if (count > 0) {
                announceRoom();
            }
        }
        return count;
    }

    /// Like [#drain], but suspends the calling task until there is at least one item.
    ///
    /// @return how many; 0 only when the channel is closed and everything was received
    /// @throws InterruptedException when the task is interrupted first; no item was taken
    public int receiveMany(Consumer<? super T> consumer, int itemsMax) throws InterruptedException {
        if (itemsMax < 1) {
            throw new IllegalArgumentException("itemsMax must be positive: " + itemsMax);
        }
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
        if (STATE.compareAndSet(this, OPEN, CLOSED)) {
            arrival.ring();
            for (RoomQueue<T> waiting : roomQueues) {
                waiting.ring();
            }
            for (Thread thread : threads) {
                LockSupport.unpark(thread);
            }
        }
    }

    /// Whether it takes no more items. Safe from any thread.
    public boolean isClosed() {
        return (int) STATE.getOpaque(this) != OPEN;
    }

    @Override
    public boolean isDrained() {
        return (int) STATE.getOpaque(this) == DONE && lastItems.isEmpty();
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
        RoomQueue<T> here = roomQueueHere();
        if (here == null) {
            throw new IllegalStateException("a Select is awaited by a task of a core");
        }
        here.enlist(waiter);
    }

    // ---- for RoomQueue

    /// False when it is full.
    boolean offer(T item) {
        ensureOpen(item);
        if (!queue.offer(item)) {
            return false;
        }
        arrival.ring();
        // After the fence in ring: its partner is the one in seal.
        if ((int) STATE.getOpaque(this) >= SEALED && isRefused(item)) {
            throw new ClosedException(this, item);
        }
        return true;
    }

    /// Has the receiver announce the next room; the caller must try once more after a fence.
    void wantRoom() {
        ROOM_WANTED.setVolatile(this, true);
    }

    // ---- the sending side

    private boolean isSending() {
        assert sender == null || sender.isCurrent()
                : "CrossCoreChannel used by another than its sending core; use mpsc";
        return true;
    }

    private void ensureOpen(T item) {
        if ((int) STATE.getOpaque(this) != OPEN) {
            throw new ClosedException(this, item);
        }
    }

    private boolean isOvertaking() {
        for (RoomQueue<T> waiting : roomQueues) {
            if (waiting.isHere()) {
                return !waiting.isEmpty();
            }
        }
        return false;
    }

    /// Null when the caller is not on a core.
    private @Nullable RoomQueue<T> roomQueueHere() {
        Core here = Core.currentOrNull();
        if (here == null) {
            return null;
        }
        for (RoomQueue<T> known : roomQueues) {
            if (known.isHere()) {
                return known;
            }
        }
        RoomQueue<T> added = new RoomQueue<>(here, this);
        synchronized (refused) {
            RoomQueue<T>[] more = Arrays.copyOf(roomQueues, roomQueues.length + 1);
            more[more.length - 1] = added;
            roomQueues = more;
        }
        return added;
    }

    private void parkForRoom(T item) throws InterruptedException {
        Thread thread = Thread.currentThread();
        threads.add(thread);
        try {
            while (true) {
                wantRoom();
                // Partner: the fence in announceRoom.
                VarHandle.fullFence();
                if (offer(item)) {
                    return;
                }
                LockSupport.park(this);
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while waiting for room in " + this);
                }
            }
        } finally {
            threads.remove(thread);
            // The room that was announced may be enough for one more.
            LockSupport.unpark(threads.peek());
        }
    }

    /// Whether an item that was put in while the receiver looked for the last time is not received.
    private boolean isRefused(T item) {
        while ((int) STATE.getAcquire(this) != DONE) {
            // The receiver is about to have looked; it does nothing else meanwhile.
            Thread.onSpinWait();
        }
        synchronized (refused) {
            T left;
            while ((left = queue.poll()) != null) {
                refused.add(left);
            }
            for (int i = refused.size() - 1; i >= 0; i--) {
                if (refused.get(i) == item) {
                    refused.remove(i);
                    return true;
                }
            }
            return false;
        }
    }

    // ---- the receiving side

    private boolean isReceiving() {
        assert receiver.isCurrent()
                : "CrossCoreChannel received from off its receiving core; spawn a task there";
        return true;
    }

    private @Nullable T poll() {
        T item = (int) STATE.getOpaque(this) == DONE ? null : queue.relaxedPoll();
        if (item != null || (int) STATE.getOpaque(this) == OPEN) {
            return item;
        }
        seal();
        return lastItems.poll();
    }

    /// It is closed and seems empty. A sender that put in an item and then sees this has it looked
    /// for in what remains; one that does not see it is seen here.
    private void seal() {
        if (STATE.compareAndSet(this, CLOSED, SEALED)) {
            // Partner: the fence in Doorbell.ring, between putting an item in and the look at
            // state.
            VarHandle.fullFence();
            T item;
            while ((item = queue.poll()) != null) {
                lastItems.add(item);
            }
            STATE.setRelease(this, DONE);
        }
    }

    /// Hands over what has come to those who wait, and has the next arrival announced.
    private void deliver() {
        boolean listening = false;
        boolean taken = false;
        while (!receivers.isEmpty()) {
            T item = poll();
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
            announceRoom();
        }
    }

    /// Tells those who wait for room that there is some.
    private void announceRoom() {
        // Partner: the fences after wantRoom. It orders the taking before the look.
        VarHandle.fullFence();
        if ((boolean) ROOM_WANTED.getOpaque(this)) {
            ROOM_WANTED.setOpaque(this, false);
            // ring has a fence before it looks, which orders this before the bells are looked at.
            for (RoomQueue<T> waiting : roomQueues) {
                waiting.ring();
            }
            VarHandle.fullFence();
            LockSupport.unpark(threads.peek());
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // empty
    private static <T> RoomQueue<T>[] noRoomQueues() {
        return new RoomQueue[0];
    }

    private static void requireCapacity(int capacity) {
        if (capacity < 2 || capacity > CAPACITY_MAX) {
            throw new IllegalArgumentException("capacity must be 2 to 16777216: " + capacity);
        }
    }
}
