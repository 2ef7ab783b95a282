package dev.corio.core;

import java.util.concurrent.TimeUnit;

/// The two ways in which the runtime ends its process; nothing else in it does.
///
/// **Threading:** safe from any thread.
final class ProcessEnd {
    /// What `-XX:+ExitOnOutOfMemoryError` ends with too.
    private static final int OUT_OF_MEMORY = 3;

    private static final long REPORT_SECONDS_MAX = 1;

    private ProcessEnd() {}

    /// Ends it in order: shutdown hooks run. Threads that still run do not keep it alive.
    static void exit(int code) {
        System.exit(code);
    }

    /// Ends it now, after an error that leaves nothing to trust.
    static void halt(VirtualMachineError error, Core core, Object where) {
        halt(
                OUT_OF_MEMORY,
                () -> {
                    System.err.println("corio: the process ends at once: an error of the JVM");
                    System.err.println(where + " on " + core + ":");
                    error.printStackTrace();
                });
    }

    /// Ends it now, for a reason.
    static void halt(int code, String reason) {
        halt(code, () -> System.err.println("corio: the process ends at once: " + reason));
    }

    /// Nothing but the report runs any more, so it works in a JVM that has no memory left, or whose
    /// hooks hang. The report goes to standard error, whose lock may be held by a task that only
    /// this thread could bring back: so another thread writes it, and another one sees to the end.
    private static void halt(int code, Runnable report) {
        try {
            Thread.ofPlatform().daemon().name("corio-end").start(() -> haltLater(code));
            Thread.ofPlatform()
                    .daemon()
                    .name("corio-last-words")
                    .start(() -> {
                        try {
                            report.run();
                        } finally {
                            Runtime.getRuntime().halt(code);
                        }
                    });
        } catch (Throwable e) {
            // There is no memory for a thread either.
            Runtime.getRuntime().halt(code);
        }
        while (true) {
            // To wait would let the core go on.
            Thread.onSpinWait();
        }
    }

    private static void haltLater(int code) {
        try {
            TimeUnit.SECONDS.sleep(REPORT_SECONDS_MAX);
        } catch (InterruptedException e) {
            // Nobody has this thread to interrupt it; if somebody did, it would only end sooner.
        } finally {
            Runtime.getRuntime().halt(code);
        }
    }
}
