package dev.corio.core;

import java.util.Arrays;
import java.util.ResourceBundle;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/// The log of the runtime, which a core writes to through another thread.
///
/// A logger takes locks. A task may hold one while it is off its core's thread, and only the loop
/// can bring it back: a loop that waited for that lock would wait for itself, and so would a task
/// that is pinned. So what is logged on the thread of a core, by the loop or by a task, is written
/// by a thread that carries no tasks; any other thread writes by itself.
///
/// To look the logger up takes the JDK tens of milliseconds, which a program that starts has better
/// use for. That thread does it when there is something to tell, or a second later, while there is
/// still memory for it; what is only good for finding faults waits until then.
///
/// **Threading:** safe from any thread.
final class LoopLogger implements System.Logger {
    private static final String NAME = "dev.corio.core";
    private static final LoopLogger CORE = new LoopLogger();
    private static final int WAITING_MAX = 1024;
    private static final long LOOK_UP_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long FLUSH_SECONDS_MAX = 2;
    private static final Writer WRITER = new Writer();

    private static volatile System.@Nullable Logger found;

    private LoopLogger() {}

    /// The logger of this module.
    static System.Logger ofCore() {
        return CORE;
    }

    /// Returns when what cores have logged so far is written, or after two seconds with a log that
    /// hangs.
    static void flush() {
        WRITER.flush();
    }

    @Override
    public String getName() {
        return NAME;
    }

    /// Until the logger is looked up, which a core must not do, all may be loggable.
    @Override
    public boolean isLoggable(Level level) {
        return (found == null && (isOnCore() || !isUrgent(level))) || logger().isLoggable(level);
    }

    @Override
    public void log(
            Level level,
            @Nullable ResourceBundle bundle,
            @Nullable String text,
            @Nullable Throwable thrown) {
        if (isForWriter(level)) {
            WRITER.add(() -> logger().log(level, bundle, text, thrown), isUrgent(level));
        } else {
            logger().log(level, bundle, text, thrown);
        }
    }

    /// The arguments become text at once, for they belong to the core.
    @Override
    public void log(
            Level level,
            @Nullable ResourceBundle bundle,
            @Nullable String format,
            @Nullable Object @Nullable ... arguments) {
        if (isForWriter(level)) {
            @Nullable Object @Nullable [] texts = texts(arguments);
            WRITER.add(() -> logger().log(level, bundle, format, texts), isUrgent(level));
        } else {
            logger().log(level, bundle, format, arguments);
        }
    }

    private boolean isForWriter(Level level) {
        return isOnCore() ? isLoggable(level) : found == null && !isUrgent(level);
    }

    private static boolean isUrgent(Level level) {
        return level.getSeverity() > Level.DEBUG.getSeverity();
    }

    private static @Nullable Object @Nullable [] texts(@Nullable Object @Nullable [] arguments) {
        return arguments == null
                ? null
                : Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new);
    }

    private static System.Logger logger() {
        System.Logger logger = found;
        if (logger == null) {
            logger = System.getLogger(NAME);
            found = logger;
        }
        return logger;
    }

    private static boolean isOnCore() {
        return VirtualThreads.currentCarrier() instanceof CoreThread;
    }

    /// One for the process, as its log is.
    private static final class Writer {
        private final MpscVarHandleArrayQueue<Runnable> waiting =
                new MpscVarHandleArrayQueue<>(WAITING_MAX);
        private final AtomicInteger lost = new AtomicInteger();
        private final Thread thread =
                Thread.ofPlatform().name("corio-log").daemon().unstarted(this::write);

        Writer() {
            thread.start();
        }

        /// Never waits: when the log is too slow, messages are counted instead.
        ///
        /// @param isUrgent whether it is worth the look for the logger
        void add(Runnable message, boolean isUrgent) {
            if (!waiting.offer(message)) {
                lost.getAndIncrement();
            }
            if (isUrgent || found != null) {
                LockSupport.unpark(thread);
            }
        }

        void flush() {
            if (found == null && waiting.isEmpty()) {
                return;
            }
            CountDownLatch written = new CountDownLatch(1);
            add(written::countDown, true);
            boolean interrupted = Thread.interrupted();
            try {
                written.await(FLUSH_SECONDS_MAX, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        private void write() {
            LockSupport.parkNanos(this, LOOK_UP_NANOS);
            write(LoopLogger::logger);
            while (true) {
                Runnable message = waiting.poll();
                if (message == null) {
                    LockSupport.park(this);
                } else {
                    write(message);
                }
            }
        }

        private void write(Runnable message) {
            try {
                message.run();
                int count = lost.getAndSet(0);
                if (count > 0) {
                    logger().log(
                                    Level.WARNING,
                                    count + " messages of cores were lost: the log is too slow");
                }
            } catch (Throwable e) {
                // A handler of the application's own failed, Error too: the next message may do.
                // There is no log to tell it to.
                System.err.println("corio: the log failed: " + e);
            }
        }
    }
}
