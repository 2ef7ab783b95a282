/// The runtime: cores, tasks, and the way of a byte.
///
/// ```
///  task ──await──► Operation ──prepare──► Sqe ──► Driver ──► kernel
///    ▲                                              │
///    └── RunQueue ◄── resume ◄── Operation ◄── completion
/// ```
///
/// Read [Core] first, its loop is the whole machine; then [Operation], [Driver] and one of its
/// implementations; then [Task] and [Mailbox].
@NullMarked
package dev.corio.core;

import org.jspecify.annotations.NullMarked;
