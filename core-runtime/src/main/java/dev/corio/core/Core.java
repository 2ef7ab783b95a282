package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.RingFeature;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.MessagePassingQueue;
import org.jspecify.annotations.Nullable;

/// One thread and its loop: it runs tasks, hands their operations to the driver, and lets those
/// tasks go on whose operations have completed.
///
/// ```
/// while (running) {
///     run ready tasks            user code fills the submission queue
///     driver.flushAndWait(...)   the one system call
///     driver.drain()             completion → operation → run queue
///     fire timers
/// }
/// ```
///
/// **Threading:** `spawn`, `execute`, `stats` and the plain accessors are safe from any thread,
/// everything else is confined to the core's own thread and tasks.
public final class Core {
    private static final System.Logger LOG = System.getLogger("dev.corio.core");
    private static final long FOREVER_NANOS = Long.MAX_VALUE / 2;

    private enum Phase {
        RUNNING,
        CANCELLING_TASKS,
        DRAINING,
        STOPPED
    }

    private final int index;
    private final int cpu;
    private final CoreOptions options;
    private final Blocking blocking;
    private final CoreThread thread;
    private final Executor scheduler = this::schedule;
    private final CompletableFuture<DriverChoice> started = new CompletableFuture<>();

    private final RunQueue ready = new RunQueue();
    private final Timers timers = new Timers();
    private final InFlight inFlight;
    private final Mailbox mailbox;
    private final MessagePassingQueue.Consumer<Runnable> toReady = ready::add;
    private final MessagePassingQueue.Consumer<Runnable> runWork = this::runGuarded;
    private final BufferPool buffers;
    private final long spinNanos;

    @SuppressWarnings("NullAway.Init") // opened by the core's own thread before anything else runs
    private Driver driver;

    private Phase phase = Phase.RUNNING;
    private @Nullable Task<?> firstLive;
    private int liveCount;
    private @Nullable Descriptor firstOpen;
    private int openCount;
    private boolean pinnedWaitReported;
    private long nowNanos;

    private long turns;
    private long slices;
    private long completions;
    private long staleCompletions;
    private long wakeups;
    private long tasksStarted;
    private long taskNanos;
    private long kernelNanos;

    /// The platform thread of a core; how code finds the core it runs on.
    private static final class CoreThread extends Thread {
        private final Core core;

        CoreThread(Core core, Runnable body) {
            super(null, body, "corio-core-" + core.index, 0, false);
            this.core = core;
        }
    }

    Core(int index, int cpu, CoreOptions options, Blocking blocking) {
        this.index = index;
        this.cpu = cpu;
        this.options = options;
        this.blocking = blocking;
        inFlight = new InFlight(options.operationsMax());
        mailbox = new Mailbox(options.mailboxMax());
        buffers = new BufferPool(this, options.poolBytesMax());
        spinNanos = options.spin().toNanos();
        thread = new CoreThread(this, this::main);
    }

    /// The core that runs the caller.
    ///
    /// @throws IllegalStateException on any other thread
    public static Core current() {
        if (VirtualThreads.currentCarrier() instanceof CoreThread carrier) {
            return carrier.core;
        }
        throw new IllegalStateException(
                Thread.currentThread() + " is not on a core; start a task with Core.spawn");
    }

    /// Whether the caller runs on this core.
    public boolean isCurrent() {
        return VirtualThreads.currentCarrier() == thread;
    }

    /// The place of this core among its [Cores], from 0.
    public int index() {
        return index;
    }

    /// The CPU that the core is pinned to, or -1.
    public int cpu() {
        return cpu;
    }

    /// What it was set up with.
    public CoreOptions options() {
        return options;
    }

    // ---- tasks

    /// Starts a task on this core. Safe from any thread.
    ///
    /// @throws RejectedExecutionException when the core is closing, or the caller is not on it and
    ///   its mailbox is full
    public <T extends @Nullable Object> Task<T> spawn(String name, Callable<T> body) {
        Task<T> task = new Task<>(this, name, body);
        if (isCurrent()) {
            start(task);
        } else if (!mailbox.offerWork(() -> start(task))) {
            throw mailboxFull();
        }
        return task;
    }

    /// Runs `work` on the loop, which it must not block; for a body that waits, spawn a task. Safe
    /// from any thread.
    ///
    /// @throws RejectedExecutionException when the mailbox is full
    public void execute(Runnable work) {
        if (!mailbox.offerWork(work)) {
            throw mailboxFull();
        }
    }

    /// Suspends the calling task for at least this long.
    public static void sleep(Duration duration) throws InterruptedException {
        Core core = current();
        Suspension suspension = new Suspension(core, "sleep(" + duration + ")");
        Timer timer =
                new Timer() {
                    @Override
                    protected void fired() {
                        suspension.resume();
                    }
                };
        core.arm(timer, duration);
        try {
            suspension.await();
        } finally {
            core.disarm(timer);
        }
    }

    // ---- operations

    /// Submits an operation and suspends the calling task until its final completion. When it
    /// returns or throws, the driver holds nothing of the operation's any more.
    ///
    /// An interrupt of the task cancels the operation, and its outcome is still awaited: what was
    /// done in spite of that is returned, with the interrupt left pending for the next wait.
    ///
    /// @return the result, `>= 0`
    /// @throws InterruptedIOException when the task was interrupted and nothing was done
    /// @throws IOException for a negative result; see [Operation#failure]
    @SuppressWarnings("ThreadPriorityCheck") // the yield lets the loop go on; it is not a hint
    public int await(Operation operation) throws IOException {
        checkTask();
        Thread task = Thread.currentThread();
        if (task.isInterrupted()) {
            // A task that retries for ever must not keep the core from its loop.
            Thread.yield();
            throw Operation.interruption(operation + " was not begun: its task was interrupted");
        }
        if (!submit(operation)) {
            throw new IOException(
                    operation
                            + ": "
                            + inFlight.entriesMax()
                            + " operations are in flight on "
                            + this
                            + "; raise CoreOptions.operationsMax");
        }
        operation.waiter = task;
        boolean interrupted = false;
        int stuck = 0;
        while (operation.isInFlight()) {
            boolean left = park(operation);
            if (Thread.interrupted()) {
                interrupted = true;
                cancel(operation);
            } else if (!left && operation.isInFlight() && ++stuck > 1) {
                servePinned(operation);
            }
        }
        operation.waiter = null;
        if (interrupted) {
            task.interrupt();
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
        Expiry expiry = new Expiry(operation);
        arm(expiry, timeout);
        try {
            return await(operation);
        } catch (IOException e) {
            if (expiry.isOver && operation.result() == -Errno.ECANCELED) {
                throw new SocketTimeoutException(operation + " timed out after " + timeout);
            }
            throw e;
        } finally {
            disarm(expiry);
        }
    }

    /// Cancels an operation when its time is over.
    private final class Expiry extends Timer {
        private final Operation operation;
        private boolean isOver;

        Expiry(Operation operation) {
            this.operation = operation;
        }

        @Override
        protected void fired() {
            isOver = true;
            cancel(operation);
        }
    }

    /// Submits an operation whose [Operation#completed] takes the next step. Never blocks, never
    /// completes it inline.
    ///
    /// @return false when as many operations are in flight as [CoreOptions#operationsMax] allows
    public boolean submit(Operation operation) {
        assert isCurrent() : operation + " submitted off its core; use Core.execute or spawn";
        assert !operation.isInFlight() : operation + " is in flight already";
        if (inFlight.isFull()) {
            return false;
        }
        operation.begin(inFlight.add(operation));
        driver.submit(operation);
        return true;
    }

    /// Asks to end an operation early; its final completion still follows. One that is not in
    /// flight is left alone.
    public void cancel(Operation operation) {
        assert isCurrent() : operation + " cancelled off its core; use Core.execute";
        if (operation.state == Operation.IN_FLIGHT) {
            operation.state = Operation.CANCELLING;
            driver.cancel(operation);
        }
    }

    /// Whether the driver of this core has a feature; epoll is a kernel that lacks some.
    public boolean supports(RingFeature feature) {
        return driver.supports(feature);
    }

    /// Whether operations can leave it to the driver to pick a buffer when data arrives
    /// (`IOSQE_BUFFER_SELECT`).
    public boolean selectsBuffers() {
        return driver.bufferGroupEntries() > 0;
    }

    /// The group number for the entries of such operations.
    public int bufferGroup() {
        return driver.bufferGroup();
    }

    /// The buffer that the driver picked, with the received bytes readable; the caller closes it.
    ///
    /// @param flags of the completion
    /// @param bytes its result
    public IoBuffer pickedBuffer(int flags, int bytes) {
        return buffers.picked(CqeFlags.bufferId(flags), bytes);
    }

    /// The pool of this core.
    public BufferPool buffers() {
        return buffers;
    }

    // ---- time

    /// `System.nanoTime` as of the beginning of this turn of the loop: good for idle times, and
    /// free.
    public long turnNanos() {
        return nowNanos;
    }

    /// Arms a timer, or moves it when it is armed.
    public void arm(Timer timer, Duration delay) {
        assert isCurrent() : "timer armed off its core; use Core.execute";
        long delayNanos;
        try {
            delayNanos = Math.clamp(delay.toNanos(), 0, FOREVER_NANOS);
        } catch (ArithmeticException e) {
            delayNanos = FOREVER_NANOS;
        }
        timers.arm(timer, System.nanoTime() + delayNanos);
    }

    /// Disarms a timer; one that is not armed is left alone.
    public void disarm(Timer timer) {
        assert isCurrent() : "timer disarmed off its core; use Core.execute";
        timers.cancel(timer);
    }

    // ---- seen from outside

    /// A snapshot. Safe from any thread; from another one the counters may be a moment apart.
    public CoreStats stats() {
        return new CoreStats(
                turns,
                driver.enters(),
                driver.systemCalls(),
                driver.submissions(),
                completions,
                staleCompletions,
                wakeups,
                tasksStarted,
                slices,
                liveCount,
                inFlight.count(),
                openCount,
                buffers.leasedCount(),
                buffers.leasedBytes(),
                taskNanos,
                kernelNanos);
    }

    @Override
    public String toString() {
        return "core " + index + (cpu < 0 ? "" : " (CPU " + cpu + ")");
    }

    // ---- for the other classes of this package

    Executor scheduler() {
        return scheduler;
    }

    Driver driver() {
        return driver;
    }

    Blocking blocking() {
        return blocking;
    }

    /// Starts the thread; the future answers when the driver is open.
    CompletableFuture<DriverChoice> start(DriverChoice choice) {
        starting = choice;
        thread.start();
        return started;
    }

    private @Nullable DriverChoice starting;

    /// Begins to close: cancels the tasks, drains, frees, and ends the thread.
    void beginClose() {
        while (thread.isAlive() && !mailbox.offerWork(this::cancelTasks)) {
            Thread.onSpinWait();
        }
    }

    void awaitClosed() throws InterruptedException {
        thread.join();
    }

    void checkTask() {
        if (!isCurrent()) {
            throw new IllegalStateException(
                    Thread.currentThread()
                            + " is not on "
                            + this
                            + "; what belongs to a core is used there");
        }
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("the loop itself cannot wait; spawn a task");
        }
    }

    /// Suspends the calling task until [#resume] or an interrupt; may return for no reason. False
    /// when it came back without having left the carrier: a permit was left over, or the task is
    /// pinned.
    ///
    /// A pinned virtual thread parks its carrier. The permit that each core keeps for itself makes
    /// that park return at once, so the loop is never lost.
    boolean park(Object blocker) {
        long slice = slices;
        LockSupport.park(blocker);
        if (slice != slices) {
            return true;
        }
        LockSupport.unpark(thread);
        return false;
    }

    void resume(Thread task) {
        LockSupport.unpark(task);
    }

    /// What a wait for another task fails with when the waiting one is pinned.
    IllegalStateException pinned(String reason) {
        return new IllegalStateException(
                "the task waits for "
                        + reason
                        + " while it is pinned to its core (inside a class"
                        + " initialiser, or called back from native code), so no other task can end"
                        + " the wait; wait outside of it");
    }

    void opened(Descriptor descriptor) {
        descriptor.nextOpen = firstOpen;
        if (firstOpen != null) {
            firstOpen.previousOpen = descriptor;
        }
        firstOpen = descriptor;
        openCount++;
        driver.adopt(descriptor.fd());
    }

    void closed(Descriptor descriptor) {
        Descriptor next = descriptor.nextOpen;
        Descriptor previous = descriptor.previousOpen;
        if (previous == null) {
            firstOpen = next;
        } else {
            previous.nextOpen = next;
        }
        if (next != null) {
            next.previousOpen = previous;
        }
        openCount--;
        driver.release(descriptor.fd());
        Linux.close(descriptor.fd());
    }

    void ended(Task<?> task) {
        Task<?> next = task.nextLive;
        Task<?> previous = task.previousLive;
        if (previous == null) {
            firstLive = next;
        } else {
            previous.nextLive = next;
        }
        if (next != null) {
            next.previousLive = previous;
        }
        liveCount--;
    }

    void reportFailure(Task<?> task, Throwable failure) {
        if (phase != Phase.RUNNING && isInterruption(failure)) {
            return;
        }
        LOG.log(
                System.Logger.Level.WARNING,
                task + " on " + this + " failed, and nobody joined it",
                failure);
    }

    static boolean isInterruption(Throwable failure) {
        return failure instanceof InterruptedException
                || failure instanceof InterruptedIOException
                || failure instanceof ClosedByInterruptException;
    }

    // ---- the loop

    private void main() {
        try {
            // The permit that park() relies on.
            LockSupport.unpark(thread);
            DriverChoice choice = open();
            started.complete(choice);
        } catch (Throwable e) {
            buffers.close();
            started.completeExceptionally(e);
            return;
        }
        try {
            loop();
            mailbox.close();
            driver.close();
            buffers.close();
        } catch (Throwable e) {
            // The kernel may still hold buffers, so nothing is freed; a core that cannot go on must
            // be seen.
            LOG.log(System.Logger.Level.ERROR, this + " cannot go on", e);
        }
    }

    private DriverChoice open() throws IOException {
        if (cpu >= 0) {
            int result = Linux.pinTo(cpu);
            if (result < 0) {
                throw new dev.corio.linux.SyscallException(
                        "sched_setaffinity(cpu=" + cpu + ")",
                        -result,
                        "choose CPUs of the allowed set, or switch pinning off");
            }
        }
        DriverChoice choice = java.util.Objects.requireNonNull(starting);
        if (choice.kind() == DriverKind.IO_URING) {
            try {
                driver = new UringDriver(options, choice.features(), inFlight, this::complete);
            } catch (IOException e) {
                if (options.driver() == DriverKind.IO_URING) {
                    throw e;
                }
                choice = DriverChoice.fallback(e);
            }
        }
        if (choice.kind() == DriverKind.EPOLL) {
            driver = new EpollDriver(options, inFlight, this::complete);
        }
        mailbox.wakeWith(() -> {
            wakeups++;
            driver.wake();
        });
        buffers.provideTo(driver, options.bufferBytes());
        return choice;
    }

    private void loop() {
        nowNanos = System.nanoTime();
        while (phase != Phase.STOPPED) {
            turns++;
            takeMail();
            runReady();
            advanceClosing();
            long beforeNanos = System.nanoTime();
            taskNanos += beforeNanos - nowNanos;
            if (ready.isEmpty()) {
                waitForWork(beforeNanos);
            } else {
                driver.flushAndWait(Driver.NOW);
            }
            nowNanos = System.nanoTime();
            kernelNanos += nowNanos - beforeNanos;
            completions += driver.drain();
            timers.fire(nowNanos);
        }
    }

    private void waitForWork(long beforeNanos) {
        if (spinNanos > 0 && spin(beforeNanos)) {
            return;
        }
        if (phase == Phase.STOPPED || !mailbox.prepareToSleep()) {
            driver.flushAndWait(Driver.NOW);
            return;
        }
        driver.flushAndWait(timers.nextDeadlineNanos());
        mailbox.awake();
    }

    /// Looks for work without sleeping; true when there is some.
    private boolean spin(long beginNanos) {
        driver.flushAndWait(Driver.NOW);
        long deadlineNanos = Math.min(beginNanos + spinNanos, timers.nextDeadlineNanos());
        while (!driver.hasCompletions()) {
            if (!mailbox.isEmpty()) {
                return true;
            }
            if (System.nanoTime() - deadlineNanos >= 0) {
                return false;
            }
            Thread.onSpinWait();
        }
        driver.flushAndWait(Driver.NOW);
        return true;
    }

    private void takeMail() {
        if (!mailbox.isEmpty()) {
            mailbox.drainResumes(toReady);
            mailbox.drainWork(runWork, options.tasksPerTurn());
        }
    }

    private void runReady() {
        int budget = options.tasksPerTurn();
        Runnable continuation;
        while (budget-- > 0 && (continuation = ready.poll()) != null) {
            slices++;
            continuation.run();
        }
    }

    private void runGuarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "work handed to " + this + " failed", e);
        }
    }

    /// The scheduler of the core's virtual threads: the JDK calls it whenever one becomes ready, on
    /// whatever thread made it so.
    private void schedule(Runnable continuation) {
        if (isCurrent()) {
            ready.add(continuation);
        } else {
            mailbox.offerResume(continuation);
        }
    }

    private void start(Task<?> task) {
        tasksStarted++;
        task.nextLive = firstLive;
        if (firstLive != null) {
            firstLive.previousLive = task;
        }
        firstLive = task;
        liveCount++;
        if (phase != Phase.RUNNING) {
            task.cancel();
        }
        task.thread().start();
    }

    private void complete(long userData, int result, int flags) {
        Operation operation = inFlight.find(userData);
        if (operation == null) {
            staleCompletions++;
            return;
        }
        if (!CqeFlags.hasMore(flags)) {
            inFlight.remove(userData);
            operation.end(result);
            if (operation.waiter != null) {
                resume(operation.waiter);
            }
        }
        try {
            operation.completed(result, flags);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the completion of " + operation + " failed", e);
        }
    }

    /// A task that is pinned cannot leave the carrier, so the loop cannot run: it serves the driver
    /// itself until its own operation is done. Correct, but nothing else runs meanwhile.
    private void servePinned(Operation operation) {
        if (!pinnedWaitReported) {
            pinnedWaitReported = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a task waits for "
                            + operation
                            + " while it is pinned to "
                            + this
                            + " (inside a class initialiser, or called back from native code);"
                            + " no other task runs until that is over",
                    new IllegalStateException("pinned here"));
        }
        while (operation.isInFlight() && !Thread.currentThread().isInterrupted()) {
            driver.flushAndWait(
                    Math.min(timers.nextDeadlineNanos(), System.nanoTime() + PINNED_SLICE_NANOS));
            completions += driver.drain();
            timers.fire(System.nanoTime());
        }
    }

    /// How late a pinned task sees an interrupt.
    private static final long PINNED_SLICE_NANOS = 10_000_000;

    private RejectedExecutionException mailboxFull() {
        return new RejectedExecutionException(
                "the mailbox of "
                        + this
                        + " is full ("
                        + options.mailboxMax()
                        + " items); slow down, or raise CoreOptions.mailboxMax");
    }

    // ---- closing: cancel the tasks, then cancel and drain what they left, then stop

    private void cancelTasks() {
        if (phase != Phase.RUNNING) {
            return;
        }
        phase = Phase.CANCELLING_TASKS;
        for (Task<?> task = firstLive; task != null; task = task.nextLive) {
            task.cancel();
        }
        Timer patience =
                new Timer() {
                    @Override
                    protected void fired() {
                        abandonTasks();
                    }
                };
        arm(patience, options.closeTimeout());
    }

    private void advanceClosing() {
        if (phase == Phase.CANCELLING_TASKS && firstLive == null) {
            closeLeftOvers();
        }
        if (phase == Phase.DRAINING && inFlight.count() == 0) {
            phase = Phase.STOPPED;
        }
    }

    private void abandonTasks() {
        if (phase != Phase.CANCELLING_TASKS) {
            return;
        }
        for (Task<?> task = firstLive; task != null; task = task.nextLive) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    task
                            + " on "
                            + this
                            + " has not ended within "
                            + options.closeTimeout()
                            + " after it was cancelled; it is abandoned");
        }
        closeLeftOvers();
    }

    private void closeLeftOvers() {
        phase = Phase.DRAINING;
        for (Descriptor each = firstOpen; each != null; ) {
            Descriptor next = each.nextOpen;
            LOG.log(System.Logger.Level.DEBUG, "{0} was left open on {1}", each, this);
            each.closeSoon();
            each = next;
        }
        for (int slot = 0; slot < inFlight.slots(); slot++) {
            Operation operation = inFlight.at(slot);
            if (operation != null) {
                cancel(operation);
            }
        }
    }
}
