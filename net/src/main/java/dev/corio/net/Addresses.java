package dev.corio.net;

import dev.corio.core.Blocking;
import dev.corio.linux.Linux;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/// Internet addresses: their families, their texts, and names turned into them.
final class Addresses {
    private Addresses() {}

    static int family(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address ? Linux.AF_INET6 : Linux.AF_INET;
    }

    /// `10.0.0.1:80`, `[::1]:80`, or `name:80` while unresolved.
    static String text(InetSocketAddress address) {
        InetAddress inet = address.getAddress();
        if (inet == null) {
            return address.getHostString() + ":" + address.getPort();
        }
        String host = inet.getHostAddress();
        return (inet instanceof Inet6Address ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /// All addresses of a host in the order of the system's resolver, which may take seconds: it
    /// runs beside the core. Literals are not looked up.
    ///
    /// @throws UnknownHostException when there is none
    static InetAddress[] resolve(String host) throws IOException {
        try {
            return new InetAddress[] {InetAddress.ofLiteral(host)};
        } catch (IllegalArgumentException e) {
            // Not a literal: a name.
            return lookUp(host);
        }
    }

    private static InetAddress[] lookUp(String host) throws IOException {
        try {
            return Blocking.call(() -> InetAddress.getAllByName(host));
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while looking up " + host);
        } catch (Exception e) {
            throw new IOException("looking up " + host + " failed", e);
        }
    }
}
