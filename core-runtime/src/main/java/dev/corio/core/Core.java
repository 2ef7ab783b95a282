package dev.corio.core;

import dev.corio.uring.RingFeature;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// One thread, its tasks, and everything that belongs to them: operations, descriptors, timers,
/// buffers. Nothing of it is shared with another core.
///
/// Tasks are started with [#spawn]. Inside a task, [#await] hands an operation to the driver and
/// suspends the task until it is done, while others run. [Loop] is the machine underneath.
///
/// **Threading:** `spawn`, `execute`, `stats` and the plain accessors are safe from any thread,
/// everything else is confined to the core's own tasks and loop.
public final class Core {
    private final int index;
    private final int cpu;
    private final CoreOptions options;
    private final Cores cores;
    final Loop loop;
    private final Parking parking;
    private final Executor scheduler;
    private final LeakDetector leaks;
    private final BufferPool buffers;
    private final Sleeps sleeps = new Sleeps(this);
    private final Tasks tasks = new Tasks(this);
    private final Roster<Descriptor> descriptors = new Roster<>();
    private final Roster<Suspension> suspensions = new Roster<>();
    private final EndWatches endWatches = new EndWatches(this);
    private final @Nullable SimulatedWorld world;
    private final @Nullable Buggify buggify;

    Core(Cores cores, int index, int cpu, CoreOptions options) {
        this.cores = cores;
        this.index = index;
        this.cpu = cpu;
        this.options = options;
        boolean simulated = options.driver() == DriverKind.SIMULATED;
        world = simulated ? new SimulatedWorld(options.simulation(), tasks) : null;
        buggify = world == null ? null : world.buggify;
        leaks = new LeakDetector(this);
        buffers = new BufferPool(this);
        loop = new Loop(this);
        parking = new Parking(this, loop);
        scheduler = loop::schedule;
    }

    /// The core that runs the caller.
    ///
    /// @throws IllegalStateException on any other thread
    public static Core current() {
        Core core = currentOrNull();
        if (core == null) {
            throw new IllegalStateException(
                    Thread.currentThread() + " is not on a core; start a task with Core.spawn");
        }
        return core;
    }

    /// The core that runs the caller; null on any other thread.
    public static @Nullable Core currentOrNull() {
        return VirtualThreads.currentCarrier() instanceof CoreThread carrier ? carrier.core : null;
    }

    /// Whether the caller runs on this core.
    public boolean isCurrent() {
        return loop.isCurrent();
    }

    /// The place of this core among its [Cores], from 0.
    public int index() {
        return index;
    }

    /// All cores of the application, this one among them.
    public Cores cores() {
        return cores;
    }

    /// The CPU that the core is pinned to, or -1.
    public int cpu() {
        return cpu;
    }

    /// What it was set up with.
    public CoreOptions options() {
        return options;
    }

    /// Starts a task on this core. Safe from any thread.
    ///
    /// @throws RejectedExecutionException when the caller is not on this core, and its mailbox is
    ///   full or it closes
    public <T extends @Nullable Object> Task<T> spawn(String name, Callable<T> body) {
        Task<T> task = new Task<>(this, name, body);
        if (isCurrent()) {
            tasks.start(task);
        } else {
            execute(() -> tasks.start(task));
        }
        return task;
    }

    /// Like [#spawn(String, Callable)], but a full mailbox makes the caller wait, a task or a
    /// thread, until the core takes the new task.
    ///
    /// @throws InterruptedException when the caller is interrupted first; the task never starts
    /// @throws RejectedExecutionException when the core closes
    public <T extends @Nullable Object> Task<T> spawnWhenRoom(String name, Callable<T> body)
            throws InterruptedException {
        Task<T> task = new Task<>(this, name, body);
        if (isCurrent()) {
            tasks.start(task);
        } else {
            executeWhenRoom(() -> tasks.start(task));
        }
        return task;
    }

    /// Like [#spawn(String, Callable)], for a body without a result.
    @SuppressWarnings("NullAway") // the only value of Void
    public Task<Void> spawn(String name, Body body) {
        return spawn(
                name,
                (Callable<Void>)
                        () -> {
                            body.run();
                            return null;
                        });
    }

    /// What a task does when it has no result; it may throw what it likes.
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    /// Runs `work` on the loop, which it must not block; for a body that waits, spawn a task. Safe
    /// from any thread.
    ///
    /// @throws RejectedExecutionException when the mailbox is full or the core closes
    public void execute(Runnable work) {
        if (!offer(work)) {
            throw refusal();
        }
    }

    /// Like [#execute], but a full mailbox makes the caller wait, a task or a thread: this returns
    /// when the work is in the mailbox or has begun. The work of those who wait is taken in order.
    ///
    /// @throws InterruptedException when the caller is interrupted first; the work is not done
    /// @throws RejectedExecutionException when the core closes
    public void executeWhenRoom(Runnable work) throws InterruptedException {
        if (!offer(work)) {
            if (refusesWork()) {
                // It may be in the mailbox all the same: handed over again, it could be done twice.
                throw refusal();
            }
            HandOver.await(this, work);
        }
    }

    /// Runs `body` on the loop, which it must not block, and answers through the call. Safe from
    /// any thread. Who asks often keeps a [CoreCall] and submits it again and again; who may have
    /// to wait for room in the mailbox uses [CoreCall#await].
    ///
    /// @param name how error messages name the call
    /// @throws RejectedExecutionException when the mailbox is full or the core closes
    public <T extends @Nullable Object> CoreCall<T> submit(String name, Callable<T> body) {
        CoreCall<T> call = CoreCall.of(name, body);
        call.submit(this);
        return call;
    }

    /// Suspends the calling task for at least this long.
    public static void sleep(Duration duration) throws InterruptedException {
        current().sleeps.sleep(duration);
    }

    /// Gives way: the calling task goes on in the next turn of the loop, after completions were
    /// handed out, due timers have fired, and behind every task that was ready before it. For long
    /// computations, which otherwise keep the core to themselves. An interrupt is left pending.
    ///
    /// @throws IllegalStateException on any other thread than a core's
    @SuppressWarnings(
            "NamedLikeContextualKeyword") // always written with its class, as Thread.yield is
    public static void yield() {
        Core core = current();
        core.checkTask();
        core.loop.yieldTurn();
    }

    /// Fails where the caller cannot wait: on another thread than this core's, and on its loop. Who
    /// changes something before it waits asks this first, so that a refusal leaves nothing behind.
    ///
    /// @throws IllegalStateException there
    public void checkTask() {
        if (!isCurrent()) {
            throw new IllegalStateException(
                    Thread.currentThread()
                            + " is not on "
                            + this
                            + (loop.mailbox.hasEnded()
                                    ? ", which has ended"
                                    : "; what belongs to a core is used there"));
        }
        if (Thread.currentThread() == loop.thread()) {
            throw new IllegalStateException("the loop itself cannot wait; spawn a task");
        }
    }

    /// Submits an operation and suspends the calling task until its final completion. When it
    /// returns or throws, the driver holds nothing of the operation's any more.
    ///
    /// An interrupt of the task cancels the operation, whether it comes from [Task#cancel], a
    /// `StructuredTaskScope`, a [Deadline] or somebody else, and the outcome is still awaited: what
    /// was done in spite of that is returned, or taken back where [Operation#undo] can, and the
    /// interrupt is left pending for the next wait.
    ///
    /// @return the result, `>= 0`
    /// @throws InterruptedIOException when the task was interrupted and nothing was done
    /// @throws IOException for a negative result; see [Operation#failure]
    @SuppressWarnings("ThreadPriorityCheck") // the yield lets the loop go on; it is not a hint
    public int await(Operation operation) throws IOException {
        checkTask();
        Thread task = Thread.currentThread();
        if (loop.failure.hasBegun() || task.isInterrupted()) {
            // A task that retries for ever must not keep the core from its loop.
            Thread.yield();
            loop.failure.check(operation);
            throw Operation.interruption(operation + " was not begun: its task was interrupted");
        }
        if (!submit(operation)) {
            throw refusal(operation);
        }
        operation.waiter = task;
        boolean interrupted;
        try {
            interrupted = parking.await(operation);
        } catch (VirtualMachineError e) {
            loop.broken = e;
            throw e;
        }
        operation.waiter = null;
        if (interrupted) {
            task.interrupt();
        }
        if (operation.state == Operation.LOST) {
            throw loop.failure.exception(operation + " was lost: ");
        }
        if (!interrupted && operation.wasCancelled() && isDraining()) {
            throw refusal(operation);
        }
        return operation.outcome(interrupted);
    }

    /// Like [#await(Operation)], within a time: when it is over, the operation is cancelled and its
    /// outcome awaited. What was done in spite of that is returned.
    ///
    /// @param timeout zero for no limit
    /// @throws SocketTimeoutException when the time was over and nothing was done
    public int await(Operation operation, Duration timeout) throws IOException {
        if (timeout.isZero()) {
            return await(operation);
        }
        checkTask();
        // The timer is the operation's: of one that is in flight it is somebody else's.
        operation.ensureIdle();
        Expiry expiry = operation.expiryOn(this);
        expiry.begin(Timers.nanos(timeout));
        try {
            return await(operation);
        } catch (IOException e) {
            if (expiry.isOver() && operation.wasCancelled()) {
                throw new SocketTimeoutException(operation + " timed out after " + timeout);
            }
            throw e;
        } finally {
            expiry.end();
        }
    }

    /// Submits an operation whose [Operation#completed] takes the next step. Never blocks, never
    /// completes it inline.
    ///
    /// @return false when as many operations are in flight as [CoreOptions#operationsMax] allows,
    ///   when its descriptor is closed, or when the core itself closes and is past its tasks
    /// @throws IllegalStateException when it is in flight already, or when its buffer is closed or
    ///   lent to another operation
    public boolean submit(Operation operation) {
        assert isCurrent() : operation + " submitted off its core; use Core.execute or spawn";
        operation.ensureIdle();
        if (operation.isClosed() || isDraining() || Buggify.here(this, "too-many-operations")) {
            return false;
        }
        if (loop.inFlight.isFull()) {
            Events.overflow(this, "operations in flight", options.operationsMax());
            return false;
        }
        try {
            operation.begin(loop.inFlight);
            loop.driver.submit(operation);
        } catch (VirtualMachineError e) {
            loop.broken = e;
            throw e;
        }
        return true;
    }

    /// Why [#submit] has just answered false.
    ///
    /// @throws CoreFailedException when that is why
    public IOException refusal(Operation operation) {
        if (operation.isClosed()) {
            return new AsynchronousCloseException();
        }
        loop.failure.check(operation);
        if (isDraining()) {
            return new IOException(operation + ": " + this + " is closing");
        }
        return new IOException(
                operation
                        + ": "
                        + options.operationsMax()
                        + " operations are in flight on "
                        + this
                        + "; raise CoreOptions.operationsMax");
    }

    /// Submits an operation, and resumes a suspension at its final completion: for a task that
    /// waits for several things at once.
    ///
    /// @throws IOException where [#submit(Operation)] answers false, with the reason
    public void submit(Operation operation, Suspension whenDone) throws IOException {
        if (!submit(operation)) {
            throw refusal(operation);
        }
        operation.whenDone = whenDone;
    }

    /// Asks to end an operation early; its final completion still follows. One that is not in
    /// flight is left alone.
    public void cancel(Operation operation) {
        assert isCurrent() : operation + " cancelled off its core; use Core.execute";
        if (operation.state == Operation.IN_FLIGHT) {
            try {
                operation.state = Operation.CANCELLING;
                loop.driver.cancel(operation);
            } catch (VirtualMachineError e) {
                loop.broken = e;
                throw e;
            }
        }
    }

    /// Whether the driver of this core has a feature; epoll is a kernel that lacks some.
    public boolean supports(RingFeature feature) {
        return loop.driver.supports(feature);
    }

    /// The socket calls that are no operations, for code that opens or sets up descriptors.
    public Sockets sockets() {
        return loop.driver.sockets();
    }

    /// The pool of this core.
    public BufferPool buffers() {
        return buffers;
    }

    /// Whether receives can leave it to the driver to pick a buffer (`IOSQE_BUFFER_SELECT`). Not
    /// where [CoreOptions#groupBuffers] is 0, or the kernel had no memory for the group.
    public boolean selectsBuffers() {
        return loop.driver.bufferGroupEntries() > 0;
    }

    /// The group number for the entries of such operations.
    public int bufferGroup() {
        return loop.driver.bufferGroup();
    }

    /// Leases what the driver picked into a closed buffer, with the received bytes readable; the
    /// caller closes it. Where the kernel uses buffers up bit by bit (`+PBUF_INC`) there is no room
    /// behind these bytes, without any the buffer stays closed, and it is picked in
    /// [Operation#completed]: what nobody picks there is given back.
    ///
    /// @param closed from [BufferPool#unleased], or closed before
    /// @param flags of the completion
    /// @param bytes its result
    /// @return the buffer
    public IoBuffer picked(IoBuffer closed, int flags, int bytes) {
        buffers.picked(closed, flags, bytes);
        return closed;
    }

    /// The clock of this core: what `System.nanoTime` is to a thread, and the same on a real
    /// kernel. On a simulated one time is virtual, so code that measures time by this clock can be
    /// run there.
    public long nanoTime() {
        assert isCurrent() : "the clock of a core read off it; use System.nanoTime";
        return loop.driver.nanoTime();
    }

    /// [#nanoTime] as of the beginning of this turn of the loop: good for idle times, and free.
    public long turnNanos() {
        return loop.nowNanos;
    }

    /// Arms a timer, or moves it when it is armed.
    public void arm(Timer timer, Duration delay) {
        arm(timer, Timers.nanos(delay));
    }

    void arm(Timer timer, long delayNanos) {
        assert isCurrent() : "timer armed off its core; use Core.execute";
        try {
            loop.timers.arm(timer, loop.driver.nanoTime() + delayNanos);
        } catch (VirtualMachineError e) {
            loop.broken = e;
            throw e;
        }
    }

    /// Disarms a timer; one that is not armed is left alone.
    public void disarm(Timer timer) {
        assert isCurrent() : "timer disarmed off its core; use Core.execute";
        try {
            loop.timers.cancel(timer);
        } catch (VirtualMachineError e) {
            loop.broken = e;
            throw e;
        }
    }

    /// A snapshot, made without stopping or waking the core. Safe from any thread: on the core
    /// itself it is exact; from another one each number is right as of some moment of the last
    /// turns, and two of them may be from different moments.
    public CoreStats stats() {
        return CoreStats.of(this);
    }

    /// A line for each task that was started on this core and has not ended: its name, what it
    /// waits for, its age. Safe from any thread; the core is asked for the list, and looked at from
    /// outside when something keeps it from answering. For people: the form may change.
    ///
    /// Threads that tasks start by themselves are in the dump of the JDK alone (`jcmd PID
    /// Thread.dump_to_file`), which has all of them, with stacks.
    public String dump() {
        return TaskDump.of(List.of(this));
    }

    @Override
    public String toString() {
        return "core " + index + (cpu < 0 ? "" : " (CPU " + cpu + ")");
    }

    boolean offer(Runnable work) {
        boolean taken = loop.mailbox.offerWork(work);
        if (!taken && !refusesWork()) {
            Events.overflow(this, "mailbox", options.mailboxMax());
        }
        return taken;
    }

    boolean offerLate(HandOver work) {
        return loop.mailbox.offerLate(work);
    }

    boolean refusesWork() {
        return loop.mailbox.refusesWork();
    }

    /// Why work was refused.
    RejectedExecutionException refusal() {
        if (refusesWork() && loop.failure.hasBegun()) {
            return new RejectedExecutionException(
                    this + " takes no more work", loop.failure.exception(""));
        }
        return new RejectedExecutionException(
                refusesWork()
                        ? this + " is closed"
                        : "the mailbox of "
                                + this
                                + " is full ("
                                + options.mailboxMax()
                                + " items); slow down, wait with executeWhenRoom, or raise"
                                + " CoreOptions.mailboxMax");
    }

    CompletableFuture<DriverChoice> start(DriverChoice choice) {
        return loop.start(choice);
    }

    /// Begins to close; see [Shutdown].
    @SuppressWarnings("ThreadPriorityCheck") // the mailbox is full: let the core empty it
    void beginClose() {
        Mailbox mailbox = loop.mailbox;
        while (loop.thread().isAlive()
                && !mailbox.refusesWork()
                && !mailbox.offerWork(loop.shutdown::begin)) {
            Thread.yield();
        }
    }

    void awaitClosed() throws InterruptedException {
        loop.thread().join();
    }

    /// What the core is simulated in, or null on a real kernel.
    @Nullable SimulatedWorld world() {
        return world;
    }

    @Nullable Buggify buggify() {
        return buggify;
    }

    Executor scheduler() {
        return scheduler;
    }

    Parking parking() {
        return parking;
    }

    Driver driver() {
        return loop.driver;
    }

    CoreFailure failure() {
        return loop.failure;
    }

    Blocking blocking() {
        return cores.blocking();
    }

    LeakDetector leaks() {
        return leaks;
    }

    Tasks tasks() {
        return tasks;
    }

    Roster<Descriptor> descriptors() {
        return descriptors;
    }

    /// Those that a thread waits for.
    Roster<Suspension> suspensions() {
        return suspensions;
    }

    /// Those elsewhere who want to know that it has ended.
    EndWatches endWatches() {
        return endWatches;
    }

    /// Whether it closes and is past its tasks.
    boolean isDraining() {
        return loop.shutdown.isDraining();
    }

    /// Called with whatever was caught here, so that an error after which nothing can be trusted
    /// ends the process, if that is the policy.
    ///
    /// @param where what it struck
    void struck(@Nullable Throwable caught, Object where) {
        if (caught instanceof VirtualMachineError error
                && !(error instanceof StackOverflowError)
                && options.fatalErrors() == FatalErrors.HALT) {
            ProcessEnd.halt(error, this, where);
        }
    }
}
