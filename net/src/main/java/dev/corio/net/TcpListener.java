package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.Detached;
import dev.corio.core.Sockets;
import dev.corio.core.Suspension;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;
import dev.corio.linux.SyscallException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.AcceptPendingException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;

/// A TCP port that accepts connections for one core. By default the address may be shared
/// (`SO_REUSEPORT`), so each core binds a listener of its own and the kernel spreads the
/// connections.
///
/// **Threading:** confined to its core.
public final class TcpListener implements AutoCloseable {
    /// Connections taken without waiting before other tasks have their turn.
    private static final int ACCEPTS_IN_A_ROW = 64;

    private final Core core;
    private final Descriptor descriptor;
    private final InetSocketAddress localAddress;
    private final Accept accept;
    private final Suspension arrival;
    private boolean waiting;
    private int acceptedInARow;

    private TcpListener(Descriptor descriptor, InetSocketAddress local, ListenOptions options) {
        this.descriptor = descriptor;
        core = descriptor.core();
        localAddress = local;
        accept = new Accept(descriptor, options.acceptedMax());
        arrival = new Suspension(core, "accept(" + Addresses.text(local) + ")");
        descriptor.heldBy(this);
    }

    /// Listens with [ListenOptions#defaults].
    public static TcpListener bind(InetSocketAddress address) throws IOException {
        return bind(address, ListenOptions.defaults());
    }

    /// Listens at an address; port 0 lets the system choose one.
    ///
    /// @throws BindException when the address is in use or not ours; the text names it
    public static TcpListener bind(InetSocketAddress address, ListenOptions options)
            throws IOException {
        Descriptor descriptor = openSocket(address);
        boolean bound = false;
        try (Arena arena = Arena.ofConfined()) {
            SockAddr local = bind(descriptor, address, options.reusePort(), arena);
            Sockets sockets = descriptor.core().sockets();
            check("listen", sockets.listen(descriptor.fd(), options.backlog()), address);
            check("getsockname", sockets.getsockname(descriptor.fd(), local), address);
            bound = true;
            return new TcpListener(descriptor, local.inet(), options);
        } finally {
            if (!bound) {
                descriptor.close();
            }
        }
    }

    /// Makes sure that nobody listens at an address, not even someone who shares it. Never listens
    /// itself, so no client is accepted and dropped meanwhile.
    ///
    /// @throws BindException when somebody does, or the address is not ours; the text names it
    public static void ensureFree(InetSocketAddress address) throws IOException {
        Descriptor descriptor = openSocket(address);
        try (Arena arena = Arena.ofConfined()) {
            bind(descriptor, address, false, arena);
        } finally {
            descriptor.close();
        }
    }

    /// Where it listens, with the real port.
    public InetSocketAddress localAddress() {
        return localAddress;
    }

    /// Whether [#close] has not been called.
    public boolean isOpen() {
        return !descriptor.isClosing();
    }

    /// Takes the next connection, suspending the task until there is one. While there always is
    /// one, the task gives way to others every 64 connections ([Core#yield]).
    ///
    /// @throws InterruptedIOException when the task is interrupted; the connection that might have
    ///   come stays for the next call
    /// @throws AsynchronousCloseException when the listener is closed meanwhile
    /// @throws SyscallException for other failures, for example `EMFILE`: too many open files. The
    ///   connection then stays in the backlog, so the next call fails again at once: pause
    public TcpStream accept() throws IOException {
        return new TcpStream(next());
    }

    /// Like [#accept], but the connection is no core's yet: for a [Distributor]. The caller hands
    /// it over or closes it.
    public Detached acceptDetached() throws IOException {
        return next().detach();
    }

    /// Stops listening. When it returns, to whichever caller, the port is free and connections that
    /// nobody took are closed; a task that waits for one gets an `AsynchronousCloseException`. A
    /// core that closes does the same for the listeners that are left.
    @Override
    public void close() {
        boolean wasOpen = isOpen();
        descriptor.close();
        if (wasOpen) {
            accept.closeAccepted();
            if (waiting) {
                arrival.resume();
            }
        }
    }

    @Override
    public String toString() {
        return "TcpListener[" + Addresses.text(localAddress) + "]";
    }

    private Descriptor next() throws IOException {
        assert core.isCurrent() : "TcpListener used off its core; bind one on each core";
        if (waiting) {
            throw new AcceptPendingException();
        }
        if (++acceptedInARow > ACCEPTS_IN_A_ROW) {
            acceptedInARow = 0;
            Core.yield();
        }
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        while (accept.isEmpty()) {
            failIfFailed();
            if (!accept.isInFlight() && !core.submit(accept)) {
                throw core.refusal(accept);
            }
            awaitArrival();
            if (!isOpen()) {
                throw new AsynchronousCloseException();
            }
        }
        return accept.poll();
    }

    private void awaitArrival() throws IOException {
        waiting = true;
        acceptedInARow = 0;
        accept.wake(arrival);
        try {
            arrival.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(
                    "interrupted in accept(" + Addresses.text(localAddress) + ")");
        } finally {
            waiting = false;
            accept.wake(null);
        }
    }

    private void failIfFailed() throws IOException {
        int errno = accept.takeFailure();
        switch (errno) {
            // Nothing failed; we cancelled it ourselves; or the peer was gone before we came.
            case 0, Errno.ECANCELED, Errno.ECONNABORTED, Errno.EINTR, Errno.EAGAIN -> {}
            case Errno.EMFILE, Errno.ENFILE ->
                    throw new SyscallException(
                            "accept(" + Addresses.text(localAddress) + ")",
                            errno,
                            "raise the limit of open files (ulimit -n), or accept fewer");
            default ->
                    throw new SyscallException(
                            "accept(" + Addresses.text(localAddress) + ")", errno);
        }
    }

    private static Descriptor openSocket(InetSocketAddress address) throws IOException {
        if (address.isUnresolved()) {
            throw new UnknownHostException(address.getHostString());
        }
        return TcpSocket.open(address);
    }

    private static SockAddr bind(
            Descriptor descriptor, InetSocketAddress address, boolean reusePort, Arena arena)
            throws IOException {
        SockAddr local = SockAddr.of(arena, address);
        check("setsockopt(SO_REUSEADDR)", set(descriptor, Linux.SO_REUSEADDR, true), address);
        check("setsockopt(SO_REUSEPORT)", set(descriptor, Linux.SO_REUSEPORT, reusePort), address);
        check("bind", descriptor.core().sockets().bind(descriptor.fd(), local), address);
        return local;
    }

    private static int set(Descriptor descriptor, int option, boolean on) {
        Sockets sockets = descriptor.core().sockets();
        return sockets.setsockopt(descriptor.fd(), Linux.SOL_SOCKET, option, on ? 1 : 0);
    }

    private static void check(String call, int result, InetSocketAddress address)
            throws IOException {
        if (result >= 0) {
            return;
        }
        String text = call + "(" + Addresses.text(address) + ")";
        SyscallException failure =
                switch (-result) {
                    case Errno.EADDRINUSE ->
                            new SyscallException(
                                    text, -result, "another program listens there: see ss -ltnp");
                    case Errno.EADDRNOTAVAIL ->
                            new SyscallException(
                                    text, -result, "no interface has this address: see ip addr");
                    case Errno.EACCES ->
                            new SyscallException(
                                    text, -result, "ports below 1024 need CAP_NET_BIND_SERVICE");
                    default -> new SyscallException(text, -result);
                };
        if (call.equals("bind") || -result == Errno.EADDRINUSE) {
            BindException bind = new BindException(failure.getMessage());
            bind.initCause(failure);
            throw bind;
        }
        throw failure;
    }
}
