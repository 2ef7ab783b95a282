package dev.corio.core;

/// The two ways in which the runtime ends its process; nothing else in it does.
///
/// **Threading:** safe from any thread.
final class ProcessEnd {
    /// What `-XX:+ExitOnOutOfMemoryError` ends with too.
    private static final int OUT_OF_MEMORY = 3;

    private ProcessEnd() {}

    /// Ends it in order: shutdown hooks run. Threads that still run do not keep it alive.
    static void exit(int code) {
        System.exit(code);
    }

    /// Ends it now, after the reason on standard error, or as much of it as there is memory for.
    /// Nothing else runs, so it works in a JVM that has none left, or whose hooks hang.
    static void halt(VirtualMachineError error, Core core, Object where) {
        try {
            System.err.println("corio: the process ends at once: an error of the JVM");
            System.err.println(where + " on " + core + ":");
            error.printStackTrace();
        } finally {
            Runtime.getRuntime().halt(OUT_OF_MEMORY);
        }
    }

    /// As above, for another reason.
    static void halt(int code, String reason) {
        try {
            System.err.println("corio: the process ends at once: " + reason);
        } finally {
            Runtime.getRuntime().halt(code);
        }
    }
}
