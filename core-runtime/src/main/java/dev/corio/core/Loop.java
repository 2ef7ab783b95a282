package dev.corio.core;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The thread of a core, and what it does over and over.
///
/// ```
/// take mail            what other threads handed over
/// run ready tasks      user code fills the submission queue
/// flush and wait       the one system call
/// drain                completion → operation → run queue
/// fire timers
/// ```
///
/// **Threading:** [#schedule] and the mailbox are safe from any thread, the rest belongs to the
/// thread of the loop and the tasks that it carries.
final class Loop {
    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final int MAIL_LOOKS = 4;

    /// Reading the clock after each slice would cost a tenth of a short one.
    private static final int SLICES_BETWEEN_CLOCKS = 8;

    private final Core core;
    private final CoreOptions options;
    private final CoreThread thread;
    private final RunQueue ready = new RunQueue();

    /// Tasks that gave way until the next turn; see [Core#yield].
    private final RunQueue yielded = new RunQueue();

    private final @Nullable TurnRecorder turnRecorder;

    /// What is on the thread, for those who look from outside.
    private @Nullable Runnable running;

    private final Consumer<Runnable> toReady = this::makeReady;
    private final CompletableFuture<DriverChoice> started = new CompletableFuture<>();
    private final long spinNanos;
    private final long turnNanosMax;
    private final Estate estate;
    private boolean yielding;

    @SuppressWarnings("NullAway.Init") // set before the thread starts
    private DriverChoice wanted;

    final Timers timers = new Timers();
    final InFlight inFlight;
    final Dispatcher dispatcher;
    final Mailbox mailbox;
    final Shutdown shutdown;
    final CoreFailure failure;
    final RunQueueDelay delay = new RunQueueDelay();

    /// What the mailbox's work is taken with.
    final Consumer<Runnable> runWork = this::runGuarded;

    @SuppressWarnings("NullAway.Init") // opened by the thread of the loop before anything else runs
    Driver driver;

    /// The time at which this turn's completions were taken.
    long nowNanos;

    /// No task is ever run again.
    boolean hasEnded;

    /// An error that struck between two steps which belong together. Set by whoever caught it, with
    /// nothing but this assignment, as there may be no stack left for more; the loop ends the core
    /// when it gets the thread back.
    @Nullable VirtualMachineError broken;

    /// How often a task was put on the thread; tells a task whether it has been away.
    long slices;

    long turns;
    long completions;
    long wakeups;
    long taskNanos;
    long kernelNanos;
    long idleNanos;
    long longestTurnNanos;

    Loop(Core core) {
        this.core = core;
        options = core.options();
        inFlight = new InFlight(options.operationsMax());
        dispatcher = new Dispatcher(inFlight, core, core::struck);
        mailbox = new Mailbox(options.mailboxMax());
        shutdown = new Shutdown(core, this);
        failure = new CoreFailure(core, this);
        estate = new Estate(core, this);
        spinNanos = options.spin().toNanos();
        turnNanosMax = options.turnBudget().toNanos();
        turnRecorder = Events.turnRecorder(core);
        thread = new CoreThread(core, this::main);
    }

    Thread thread() {
        return thread;
    }

    /// Changes with each slice and each turn.
    long progress() {
        return slices + turns;
    }

    /// Whether the thread has nothing to do: it waits in the kernel, or has ended.
    boolean isAsleep() {
        return mailbox.isAsleep() || mailbox.hasEnded();
    }

    /// The virtual thread that is on the thread of the core right now. Safe from any thread.
    @Nullable Thread runningTask() {
        Runnable continuation = running;
        return continuation == null ? null : VirtualThreads.threadOf(continuation);
    }

    int runQueueLength() {
        return ready.size() + yielded.size();
    }

    boolean isCurrent() {
        return VirtualThreads.currentCarrier() == thread;
    }

    /// Starts the thread; the future answers when the driver is open.
    CompletableFuture<DriverChoice> start(DriverChoice wanted) {
        this.wanted = wanted;
        thread.start();
        return started;
    }

    /// The scheduler of the core's virtual threads: the JDK calls it whenever one becomes ready, on
    /// whatever thread made it so.
    void schedule(Runnable continuation) {
        if (!isCurrent()) {
            mailbox.offerResume(continuation);
            return;
        }
        try {
            if (yielding) {
                yielding = false;
                yielded.add(continuation);
            } else {
                makeReady(continuation);
            }
        } catch (VirtualMachineError e) {
            // The JDK tries again where memory was short. Otherwise the task is lost.
            if (!(e instanceof OutOfMemoryError)) {
                broken = e;
            }
            throw e;
        }
    }

    /// Takes the calling task off the thread until the next turn; serves completions and timers at
    /// least when it is pinned and cannot leave.
    @SuppressWarnings("ThreadPriorityCheck") // the yield is what takes it off, not a hint
    void yieldTurn() {
        long slice = slices;
        yielding = true;
        Thread.yield();
        if (slice == slices) {
            yielding = false;
            serveFor(0);
        }
    }

    /// Serves mail, driver and timers from within a task that cannot leave the thread, so that the
    /// loop cannot go on by itself. The mail may be the order to close, which ends the wait.
    void serveFor(long nanos) {
        try {
            takeMail();
            driver.flushAndWait(Math.min(timers.nextDeadlineNanos(), driver.nanoTime() + nanos));
            completions += driver.drain();
            fireTimers(driver.nanoTime());
        } catch (VirtualMachineError e) {
            broken = e;
            throw e;
        } catch (Throwable e) {
            fail(e);
        }
    }

    private void main() {
        try {
            started.complete(open());
        } catch (Throwable e) {
            core.buffers().close();
            started.completeExceptionally(e);
            return;
        }
        try {
            runUntilClosed();
            mailbox.close();
            driver.close();
            if (!failure.kernelMayWrite()) {
                core.buffers().close();
            }
        } catch (Throwable e) {
            // The kernel may still hold memory, so none is freed.
            failure.noteEnd(e);
        } finally {
            estate.settle();
        }
    }

    /// Whether a thread can go on.
    boolean hasReady() {
        return !ready.isEmpty() || !yielded.isEmpty();
    }

    /// Takes the next one that could go on away from here.
    @Nullable Runnable removeReady() {
        Runnable first = ready.poll();
        return first != null ? first : yielded.poll();
    }

    private DriverChoice open() throws IOException {
        if (core.cpu() >= 0) {
            Cpus.pinTo(core.cpu());
        }
        OpenDriver opened = OpenDriver.of(wanted, core, inFlight, dispatcher);
        driver = opened.driver();
        nowNanos = driver.nanoTime();
        mailbox.wakeWith(this::wake);
        try {
            core.buffers().provideTo(driver, options.bufferBytes());
        } catch (Throwable e) {
            driver.close();
            throw e;
        }
        return opened.choice();
    }

    private void wake() {
        wakeups++;
        driver.wake();
    }

    private void runUntilClosed() {
        while (!shutdown.isOver()) {
            try {
                loop();
            } catch (Throwable e) {
                fail(e);
            }
        }
    }

    /// The core cannot go on: begins to end it. The second time there is nothing left to try.
    private void fail(Throwable e) {
        core.struck(e, "its loop");
        core.struck(e.getCause(), "its bookkeeping");
        if (failure.hasBegun()) {
            throw new IllegalStateException(core + " failed while it ended", e);
        }
        failure.begin(e);
    }

    private void loop() {
        while (!shutdown.isOver()) {
            turns++;
            runTasks();
            failIfBroken();
            shutdown.advance();
            long beforeNanos = driver.nanoTime();
            long turnNanos = beforeNanos - nowNanos;
            taskNanos += turnNanos;
            longestTurnNanos = Math.max(longestTurnNanos, turnNanos);
            if (turnRecorder != null) {
                turnRecorder.ended(slices, completions);
            }
            boolean waited = flush(beforeNanos);
            nowNanos = driver.nanoTime();
            if (waited) {
                idleNanos += nowNanos - beforeNanos;
            } else {
                kernelNanos += nowNanos - beforeNanos;
            }
            if (turnRecorder != null) {
                turnRecorder.began(slices, completions);
            }
            completions += driver.drain();
            fireTimers(nowNanos);
        }
    }

    private void failIfBroken() {
        VirtualMachineError error = broken;
        if (error != null) {
            broken = null;
            throw new IllegalStateException(
                    "an error struck in the middle of the core's own bookkeeping", error);
        }
    }

    /// Hands over what this turn produced, and waits for work if there is none. Whether it waited.
    private boolean flush(long beginNanos) {
        if (!hasReady() && !shutdown.isOver()) {
            if (spinNanos > 0 && spin(beginNanos)) {
                return true;
            }
            if (mailbox.prepareToSleep()) {
                driver.flushAndWait(timers.nextDeadlineNanos());
                mailbox.awake();
                return true;
            }
        }
        driver.flushAndWait(Driver.NOW);
        return false;
    }

    /// Looks for work without sleeping; true when there is some. The mail is looked at more often:
    /// it costs no system call on any driver.
    private boolean spin(long beginNanos) {
        driver.flushAndWait(Driver.NOW);
        long deadlineNanos = Math.min(beginNanos + spinNanos, timers.nextDeadlineNanos());
        while (!driver.hasCompletions()) {
            for (int i = 0; i < MAIL_LOOKS; i++) {
                if (!mailbox.isEmpty()) {
                    takeMail();
                    return true;
                }
                Thread.onSpinWait();
            }
            if (driver.nanoTime() - deadlineNanos >= 0) {
                return false;
            }
        }
        driver.flushAndWait(Driver.NOW);
        return true;
    }

    /// The part of a turn that needs no driver.
    void runTasks() {
        takeMail();
        takeYielded();
        runReady();
    }

    private void takeMail() {
        if (!mailbox.isEmpty()) {
            mailbox.drainResumes(toReady);
            mailbox.drainWork(runWork, options.tasksPerTurn());
        }
    }

    /// Behind all others that are ready.
    private void takeYielded() {
        for (Runnable each = yielded.poll(); each != null; each = yielded.poll()) {
            makeReady(each);
        }
    }

    private void makeReady(Runnable continuation) {
        if (delay.wants(ready.nextPlace())) {
            delay.begin(ready.nextPlace(), driver.nanoTime());
        }
        ready.add(continuation);
    }

    private void runReady() {
        int budget = Buggify.here(core, "one-task-a-turn") ? 1 : options.tasksPerTurn();
        long endNanos = nowNanos + turnNanosMax;
        Runnable continuation;
        while (budget > 0 && broken == null && (continuation = ready.poll()) != null) {
            slices++;
            if (delay.watches(ready.takenPlace())) {
                delay.end(driver.nanoTime());
            }
            running = continuation;
            continuation.run();
            budget--;
            if (slices % SLICES_BETWEEN_CLOCKS == 0 && driver.nanoTime() - endNanos >= 0) {
                break;
            }
        }
        running = null;
    }

    private void runGuarded(Runnable work) {
        try {
            work.run();
        } catch (Throwable e) {
            // Error too: whose fault it was must not take the core and all its tasks along.
            core.struck(e, work);
            LOG.log(System.Logger.Level.WARNING, "work handed to " + core + " failed", e);
        }
    }

    /// One that fails keeps the ones behind it waiting until the next turn, which comes at once.
    private void fireTimers(long timeNanos) {
        try {
            timers.fire(timeNanos);
        } catch (Throwable e) {
            core.struck(e, "a timer");
            LOG.log(System.Logger.Level.ERROR, "a timer of " + core + " failed", e);
        }
    }
}
