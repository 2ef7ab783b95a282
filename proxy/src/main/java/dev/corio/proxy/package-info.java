/// The `corio` application. It uses only what any user of Corio can use.
///
/// ```
/// Main ─┬► ProxyCommand ─► Proxy ─► Acceptor, one per core ─┬► Upstreams        whom to connect to
///       │   (options,       (start,                         ├► ConnectionLimit  how many at once
///       │    signals)        drain)                         └► Relay            moves the bytes
///       └► DoctorCommand ─► Machine ─► Diagnosis            facts, and what to do about them
/// ```
///
/// Read `Acceptor` first: it is the proxy. Cores share nothing but the [ConnectionLimit].
@NullMarked
package dev.corio.proxy;

import org.jspecify.annotations.NullMarked;
