package dev.corio.linux;

/// A limit of this process: the kernel enforces `soft`, which may be raised up to `hard`.
/// [#INFINITY] means none.
///
/// **Threading:** safe from any thread.
///
/// @param soft what holds now
/// @param hard what `soft` may be raised to
public record Rlimit(long soft, long hard) {
    /// No limit: RLIM_INFINITY.
    public static final long INFINITY = -1;
}
