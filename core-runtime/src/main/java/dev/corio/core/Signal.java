package dev.corio.core;

/// A signal that a task can await, see [Signals]. Those that the JVM needs for itself are not among
/// them: QUIT writes a thread dump, USR2 suspends threads.
///
/// **Threading:** immutable.
public enum Signal {
    /// The terminal has gone. By custom: read the configuration anew.
    HUP(1),
    /// Ctrl-C.
    INT(2),
    /// Whatever the program makes of it.
    USR1(10),
    /// The polite request to end, as init systems and containers send it.
    TERM(15);

    private static final int EXIT_CODE_OF_SIGNALS = 128;

    private final int number;

    Signal(int number) {
        this.number = number;
    }

    /// As the kernel counts.
    public int number() {
        return number;
    }

    /// What a process ends with because of it, by the custom of shells: 128 and the number.
    public int exitCode() {
        return EXIT_CODE_OF_SIGNALS + number;
    }
}
