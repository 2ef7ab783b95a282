package dev.corio.bench;

/// What a comparison spends to get a measurement that can be believed.
///
/// @param turns how often each peer is measured in a round, one after the other and again
/// @param triesMax how often a disturbed measurement is made, the first time included
/// @param churns how many loads of brief connections a server has had before it is measured. A JVM
///   compiles what begins a connection only after some hundreds of them; until then each of its
///   messages finds the interpreter's frames on the stack, which costs half as much again
/// @param warmupSecondsMax how long a server is warmed up beyond the time asked for, while the
///   JVM's compilers are at work in it; 0 for no longer
/// @param profiles whether perf then samples where its CPU time goes
///
///   **Threading:** immutable.
record Patience(int turns, int triesMax, int churns, double warmupSecondsMax, boolean profiles) {
    static final Patience NONE = new Patience(1, 1, 0, 0, false);

    /// Of a comparison that somebody reads.
    static Patience usual(int turns, boolean profiles) {
        return new Patience(turns, 3, 6, 30, profiles);
    }
}
