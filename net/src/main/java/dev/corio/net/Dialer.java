package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.linux.SockAddr;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Connects: to an address, or to the first address of a host that accepts.
///
/// **Threading:** on the core that owns the connection then.
final class Dialer {
    private Dialer() {}

    static Descriptor connect(InetSocketAddress address, Duration timeout) throws IOException {
        if (address.isUnresolved()) {
            return connect(address.getHostString(), address.getPort(), timeout);
        }
        Descriptor descriptor = TcpSocket.open(address);
        boolean connected = false;
        try (Arena arena = Arena.ofConfined()) {
            Connect connect = new Connect(descriptor, address, SockAddr.of(arena, address));
            descriptor.core().await(connect, timeout);
            connected = true;
            return descriptor;
        } finally {
            if (!connected) {
                descriptor.close();
            }
        }
    }

    static Descriptor connect(String host, int port, Duration timeout) throws IOException {
        Core core = Core.current();
        long beginNanos = core.nanoTime();
        InetAddress[] addresses = Addresses.resolve(host);
        IOException failure = null;
        for (int i = 0; i < addresses.length; i++) {
            Duration share = timeout;
            if (!timeout.isZero()) {
                // Each address gets its part of the time left, so that a silent one leaves some.
                Duration left = timeout.minusNanos(core.nanoTime() - beginNanos);
                if (left.isNegative() || left.isZero()) {
                    break;
                }
                share = left.dividedBy(addresses.length - i);
            }
            try {
                return connect(new InetSocketAddress(addresses[i], port), share);
            } catch (InterruptedIOException e) {
                if (!(e instanceof SocketTimeoutException)) {
                    throw e;
                }
                failure = chain(failure, e);
            } catch (IOException e) {
                failure = chain(failure, e);
            }
        }
        if (failure == null) {
            failure =
                    new SocketTimeoutException(
                            "connect(" + host + ":" + port + ") timed out after " + timeout);
        }
        throw failure;
    }

    private static IOException chain(@Nullable IOException earlier, IOException failure) {
        if (earlier != null) {
            failure.addSuppressed(earlier);
        }
        return failure;
    }
}
