package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import java.io.IOException;
import java.net.InetSocketAddress;

/// A TCP socket that is not yet bound or connected, owned by the current core.
final class TcpSocket {
    private TcpSocket() {}

    /// Opens one of the family that `address` needs.
    ///
    /// @throws SyscallException when there is no descriptor left; the text gives the remedy
    static Descriptor open(InetSocketAddress address) throws IOException {
        int family = Addresses.family(address);
        int type = Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC;
        int fd = Core.current().sockets().socket(family, type, 0);
        if (fd < 0) {
            throw new SyscallException("socket", -fd, "raise the limit of open files (ulimit -n)");
        }
        return Descriptor.ofSocket(fd);
    }
}
