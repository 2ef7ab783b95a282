package dev.corio.core;

import java.io.Serial;
import java.net.SocketTimeoutException;

/// What was done in [Deadline#within] was not done in time. Its cause is what the interrupted wait
/// threw, and so names what was waited for.
///
/// It is a `SocketTimeoutException`, so that one `catch` serves for it and for the time limit of a
/// single operation.
///
/// **Threading:** immutable.
public final class DeadlineExceededException extends SocketTimeoutException {
    @Serial private static final long serialVersionUID = 1;

    DeadlineExceededException(String message, Throwable cause) {
        super(message);
        initCause(cause);
    }
}
