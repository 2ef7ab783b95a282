package dev.corio.net;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// How a [Relay] ended.
///
/// @param bytesForward bytes moved from the first stream to the second
/// @param bytesBackward bytes moved from the second stream to the first
/// @param end why it ended
/// @param failure what failed, for [End#FAILED] only
///
///   **Threading:** immutable.
public record RelayResult(
        long bytesForward, long bytesBackward, End end, @Nullable IOException failure) {
    /// Why a relay ended.
    public enum End {
        /// Both sides had ended their output and everything was passed on.
        CLOSED,
        /// Nothing moved for the idle timeout.
        IDLE,
        /// One side failed, for example with a reset.
        FAILED
    }
}
