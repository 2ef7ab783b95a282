package dev.corio.proxy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/// What a proxy does, apart from the cores it does it on.
///
/// @param listen addresses to accept on; port 0 lets the kernel choose, the same for all cores
/// @param upstreams where connections go, in turn; names are resolved for each connection
/// @param connectTimeout for one try of one upstream
/// @param idleTimeout a connection on which no byte moved for so long is closed; zero for never
/// @param connectionsMax served at once, over all cores
/// @param accepting which core gets a connection
record ProxyOptions(
        List<InetSocketAddress> listen,
        List<InetSocketAddress> upstreams,
        Duration connectTimeout,
        Duration idleTimeout,
        int connectionsMax,
        Accepting accepting) {}
