package dev.corio.uring;

/// How to open a ring.
///
/// **Threading:** safe from any thread.
///
/// @param entries slots for submissions: a power of two, at most 32,768
/// @param completionEntries slots for completions: a power of two, at least `entries` and at most
///   65,536; two to four times `entries` is usual
/// @param features what the ring may use, as probed and masked by the caller
public record RingOptions(int entries, int completionEntries, RingFeatures features) {
    private static final int ENTRIES_MAX = 1 << 15;
    private static final int COMPLETION_ENTRIES_MAX = 1 << 16;

    /// Checks the sizes.
    public RingOptions {
        if (Integer.bitCount(entries) != 1 || entries < 1 || entries > ENTRIES_MAX) {
            throw new IllegalArgumentException(
                    "entries must be a power of two up to " + ENTRIES_MAX + ": " + entries);
        }
        if (Integer.bitCount(completionEntries) != 1
                || completionEntries < entries
                || completionEntries > COMPLETION_ENTRIES_MAX) {
            throw new IllegalArgumentException(
                    "completionEntries must be a power of two from entries="
                            + entries
                            + " up to "
                            + COMPLETION_ENTRIES_MAX
                            + ": "
                            + completionEntries);
        }
    }
}
