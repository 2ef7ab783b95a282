/// What Corio is worth, measured: the demo, the load generator and the comparisons with its peers.
///
/// ```
/// Main ─► DemoCommand   proxy on io_uring beside the same proxy on epoll, for a newcomer
///      ├► EchoCommand   the echo twins of EchoPeers, in interleaved turns
///      ├► ProxyCommand  the proxies of ProxyPeers, behind the same machinery
///      ├► CheckCommand  our load generator beside one that others wrote
///      ├► LoadCommand   the load generator, as a process of its own
///      └► NettyEcho, CorioEcho, NioEcho, NioRelay: Java twins, each a process of its own
///
/// Comparison ─► Contestant ─► ServerProcess (one CPU) ◄── loopback ──► LoadProcess (the other CPU)
///      │            └► ProcessCpu, MachineCpu: what the kernel charged, and who disturbed it
///      └► Round ─► Summary ─► Table, JSON lines
/// ```
///
/// Read `Comparison` first: it owns the method (interleaved turns, ratios within a turn, repeats of
/// disturbed turns). Then `LoadGenerator`, which owns the honesty of the latencies. A new peer is a
/// line in `EchoPeers` or `ProxyPeers`, a new report is a reader of `Summary`.
@NullMarked
package dev.corio.bench;

import org.jspecify.annotations.NullMarked;
