/// io_uring as it is: rings shared with the kernel, and the 64 bytes that ask for an operation.
///
/// ```
///            next()                    submit…()                 drain(handler)
///   caller ────────► SubmissionQueue ───► Ring ───► kernel ───► CompletionQueue ────► caller
///            Sqe: recv(fd, …)       io_uring_enter           userData, result, flags
/// ```
///
/// Read [Ring] first, then [Sqe]; [RingFeatures] says what the running kernel can do, and
/// [BufferRing] lends it buffers to choose from.
///
/// liburing makes the system calls, so that its errors come as `-errno` without a second look;
/// submissions are written and completions read in Java, because a few stores cost less than a
/// call. The manual pages are [io_uring(7)](https://man7.org/linux/man-pages/man7/io_uring.7.html)
/// and what it refers to.
///
/// **Threading:** a ring and all that belongs to it are used by one thread.
@NullMarked
package dev.corio.uring;

import org.jspecify.annotations.NullMarked;
