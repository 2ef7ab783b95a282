package dev.corio.bench;

/// What a comparison spends to get a measurement that can be believed.
///
/// @param triesMax how often a disturbed measurement is made, the first time included
/// @param churns how many loads of brief connections a server has had before it is measured. A JVM
///   compiles what begins a connection only after some hundreds of them; until then each of its
///   messages finds the interpreter's frames on the stack, which costs half as much again
/// @param warmupSecondsMax how long a server is warmed up beyond the time asked for, while the
///   JVM's compilers are at work in it; 0 for no longer
///
///   **Threading:** immutable.
record Patience(int triesMax, int churns, double warmupSecondsMax) {
    /// Of a comparison that somebody reads.
    static final Patience USUAL = new Patience(3, 6, 30);

    static final Patience NONE = new Patience(1, 0, 0);
}
