/// TCP for tasks: streams, listeners, and the relay between two streams.
///
/// ```
///  TcpListener ──accept──► TcpStream ──read, write──► task
///                              │
///                              └──── Relay ────► TcpStream      (two Flows, no task)
/// ```
@NullMarked
package dev.corio.net;

import org.jspecify.annotations.NullMarked;
