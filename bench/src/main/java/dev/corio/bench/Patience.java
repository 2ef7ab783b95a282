package dev.corio.bench;

/// What a comparison spends to get a measurement that can be believed.
///
/// @param triesMax how often a disturbed measurement is made, the first time included
/// @param warmupSecondsMax how long a server is warmed up beyond the time asked for, while the
///   JVM's compilers are at work in it; 0 for no longer
///
///   **Threading:** immutable.
record Patience(int triesMax, double warmupSecondsMax) {
    static final Patience NONE = new Patience(1, 0);
}
