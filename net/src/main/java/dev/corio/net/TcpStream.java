package dev.corio.net;

import dev.corio.core.Core;
import dev.corio.core.Descriptor;
import dev.corio.core.Detached;
import dev.corio.core.IoBuffer;
import dev.corio.core.Task;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SockAddr;
import dev.corio.linux.SyscallException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A TCP connection. Reading and writing suspend the calling task, never the core; one task may
/// read while another one writes.
///
/// It is a `ByteChannel` too: direct buffers are used in place, heap buffers are copied through the
/// core's pool. While a call is waiting the buffer belongs to the kernel and must be left alone.
///
/// Interrupting a task that waits here cancels the operation: bytes that arrived all the same are
/// returned, otherwise an `InterruptedIOException` says so. The stream stays open and usable,
/// unless a write was interrupted that went without a copy: see `CoreOptions.sendZeroCopyBytes`.
///
/// **Threading:** confined to its core.
public final class TcpStream implements ByteChannel, GatheringByteChannel, ScatteringByteChannel {
    static final int LINGER_NOT_SET = -1;

    /// How long [#close] waits for what [#send] has handed over, where [#linger] is not set.
    private static final int PATIENCE_SECONDS = 5;

    private final Descriptor descriptor;
    private final StreamInput input;
    private final StreamOutput output;
    private int lingerSeconds;

    TcpStream(Descriptor descriptor) {
        this(descriptor, null, LINGER_NOT_SET);
    }

    TcpStream(Descriptor descriptor, @Nullable ByteBuffer earlyBytes, int lingerSeconds) {
        this.descriptor = descriptor;
        this.lingerSeconds = lingerSeconds;
        input = new StreamInput(descriptor, earlyBytes);
        output = new StreamOutput(descriptor);
        descriptor.heldBy(this);
    }

    /// Connects to an address, waiting as long as the kernel tries (about two minutes).
    ///
    /// @throws java.net.ConnectException when the peer refuses
    public static TcpStream connect(InetSocketAddress address) throws IOException {
        return connect(address, Duration.ZERO);
    }

    /// Connects to an address within a time. An unresolved address is looked up beside the core.
    ///
    /// @param timeout zero for no limit of our own
    /// @throws SocketTimeoutException when the time is over
    /// @throws java.net.ConnectException when the peer refuses
    public static TcpStream connect(InetSocketAddress address, Duration timeout)
            throws IOException {
        return new TcpStream(Dialer.connect(address, timeout));
    }

    /// Connects to a host by name: all its addresses are tried in order until one accepts. The name
    /// is looked up beside the core.
    ///
    /// @param timeout for all of it; zero for no limit of our own
    /// @throws java.net.UnknownHostException when the name has no address
    /// @throws IOException the last address's failure, the others suppressed in it
    public static TcpStream connect(String host, int port, Duration timeout) throws IOException {
        return new TcpStream(Dialer.connect(host, port, timeout));
    }

    /// Takes over a connected socket; the current core closes it.
    public static TcpStream ofSocket(int fd) {
        return new TcpStream(Descriptor.ofSocket(fd));
    }

    // ---- from core to core

    /// Hands the connection to another core, where `handler` serves it as a task, and closes it
    /// there. This stream is closed by that, and unread bytes are read there. While the other
    /// core's mailbox is full the calling task waits.
    ///
    /// A connection that cannot be handed over is closed.
    ///
    /// @throws IllegalStateException when an operation is in flight, so another task uses the
    ///   stream; nothing has happened then
    /// @throws InterruptedIOException when the task is interrupted while it waits
    /// @throws IOException when the other core closes; the text says so
    public Task<@Nullable Void> moveTo(Core target, String name, Handler handler)
            throws IOException {
        flush();
        input.settle();
        Detached connection = descriptor.detach();
        MovingConnection moving;
        try {
            moving = new MovingConnection(connection, input.takeEarlyBytes(), lingerSeconds);
        } catch (Throwable e) {
            // The heap is full, and nobody else has the connection yet.
            connection.close();
            throw e;
        }
        return moving.serveOn(target, name, handler);
    }

    // ---- reading

    /// Receives what is there, at least one byte, behind the buffer's write mark.
    ///
    /// @return the number of bytes, or -1 when the peer has ended its output
    public int read(IoBuffer buffer) throws IOException {
        ensureOpen();
        return input.read(buffer);
    }

    /// Receives what is there into a buffer that is only leased when it has arrived: a connection
    /// that waits here leases none. The caller closes it. Where the kernel's buffers are shared
    /// (`+PBUF_INC`) it has no room behind these bytes.
    ///
    /// @return null when the peer has ended its output
    public @Nullable IoBuffer receive() throws IOException {
        IoBuffer buffer = core().buffers().unleased();
        return receive(buffer) ? buffer.watched() : null;
    }

    /// Like [#receive()], into a closed buffer that the caller keeps for this: allocates nothing.
    ///
    /// @param closed from [dev.corio.core.BufferPool#unleased], or closed since the last call
    /// @return false when the peer has ended its output; the buffer is still closed then
    /// @throws IllegalStateException when the buffer is not closed
    public boolean receive(IoBuffer closed) throws IOException {
        ensureOpen();
        return input.receive(closed);
    }

    /// Suspends the calling task until a read would not: bytes are there, or the end.
    public void readable() throws IOException {
        ensureOpen();
        input.readable();
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        ensureOpen();
        return input.read(target);
    }

    @Override
    public long read(ByteBuffer[] targets) throws IOException {
        return read(targets, 0, targets.length);
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        ensureOpen();
        return input.read(targets, offset, length);
    }

    // ---- writing

    /// Hands all readable bytes over to be sent, and returns without waiting for that. The buffer
    /// is closed, whatever happens: memory can be leased into it at once, while the bytes go out.
    /// Receiving one message and sending the next costs one task switch this way.
    ///
    /// One such buffer can be under way. The next call of this, and of all others that write, waits
    /// for it first: a slow reader slows the writer down. When it could not be sent, the next of
    /// them says so, in its place; who wants to know for sure calls [#flush].
    ///
    /// @throws InterruptedIOException when the task is interrupted while it waits; the message is
    ///   not sent. After [#flush] it does not wait
    public void send(IoBuffer message) throws IOException {
        try (message) {
            ensureOpen();
            output.send(message);
        }
    }

    /// Waits until the kernel has taken what was handed over by [#send]. All other calls that write
    /// have done so when they return.
    ///
    /// @throws IOException why it could not be sent
    public void flush() throws IOException {
        ensureOpen();
        output.flush();
    }

    /// Sends what the kernel takes at once, at least one byte, from the buffer's read mark.
    ///
    /// @return the number of bytes
    public int write(IoBuffer buffer) throws IOException {
        ensureOpen();
        return output.write(buffer, false);
    }

    /// Sends all readable bytes and clears the buffer.
    public void writeFully(IoBuffer buffer) throws IOException {
        while (buffer.readableBytes() > 0) {
            ensureOpen();
            output.write(buffer, true);
        }
        buffer.clear();
    }

    /// Sends all remaining bytes, in as many steps as the kernel needs.
    ///
    /// @return their number; less only when the task was interrupted meanwhile
    @Override
    public int write(ByteBuffer source) throws IOException {
        ensureOpen();
        return output.write(source);
    }

    /// Sends all remaining bytes.
    public void writeFully(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            write(source);
        }
    }

    @Override
    public long write(ByteBuffer[] sources) throws IOException {
        return write(sources, 0, sources.length);
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        ensureOpen();
        return output.write(sources, offset, length);
    }

    /// Ends our output: the peer reads the end once it has read everything. Reading goes on.
    public void shutdownOutput() throws IOException {
        flush();
        shutdown(Linux.SHUT_WR);
    }

    /// Ends our input: reads answer the end from now on.
    public void shutdownInput() throws IOException {
        shutdown(Linux.SHUT_RD);
    }

    // ---- options and addresses

    /// Whether small writes go out at once (`TCP_NODELAY`).
    public TcpStream noDelay(boolean on) throws IOException {
        return option("TCP_NODELAY", Linux.IPPROTO_TCP, Linux.TCP_NODELAY, on ? 1 : 0);
    }

    /// Whether a silent connection is probed (`SO_KEEPALIVE`), at the times the system is set to.
    public TcpStream keepAlive(boolean on) throws IOException {
        return option("SO_KEEPALIVE", Linux.SOL_SOCKET, Linux.SO_KEEPALIVE, on ? 1 : 0);
    }

    /// Probes a silent connection at times of its own (`TCP_KEEPIDLE`, `TCP_KEEPINTVL`,
    /// `TCP_KEEPCNT`); whole seconds.
    public TcpStream keepAlive(Duration idle, Duration interval, int probes) throws IOException {
        option("TCP_KEEPIDLE", Linux.IPPROTO_TCP, Linux.TCP_KEEPIDLE, (int) idle.toSeconds());
        option("TCP_KEEPINTVL", Linux.IPPROTO_TCP, Linux.TCP_KEEPINTVL, (int) interval.toSeconds());
        option("TCP_KEEPCNT", Linux.IPPROTO_TCP, Linux.TCP_KEEPCNT, probes);
        return keepAlive(true);
    }

    /// What [#close] does with bytes not yet acknowledged (`SO_LINGER`). Zero: the connection is
    /// reset. Longer, in whole seconds: closing waits for them that long, and with it the closing
    /// task, but not the core.
    public TcpStream linger(Duration time) throws IOException {
        ensureOpen();
        check("setsockopt", core().sockets().setsockoptLinger(fd(), true, (int) time.toSeconds()));
        lingerSeconds = (int) time.toSeconds();
        return this;
    }

    /// The kernel's receive buffer (`SO_RCVBUF`); it takes twice as much for its own needs.
    public TcpStream receiveBufferBytes(int bytes) throws IOException {
        return option("SO_RCVBUF", Linux.SOL_SOCKET, Linux.SO_RCVBUF, bytes);
    }

    /// The kernel's send buffer (`SO_SNDBUF`); it takes twice as much for its own needs.
    public TcpStream sendBufferBytes(int bytes) throws IOException {
        return option("SO_SNDBUF", Linux.SOL_SOCKET, Linux.SO_SNDBUF, bytes);
    }

    /// How long sent bytes may stay unacknowledged before the connection fails
    /// (`TCP_USER_TIMEOUT`).
    public TcpStream userTimeout(Duration time) throws IOException {
        return option(
                "TCP_USER_TIMEOUT",
                Linux.IPPROTO_TCP,
                Linux.TCP_USER_TIMEOUT,
                Math.toIntExact(time.toMillis()));
    }

    /// Our end.
    public InetSocketAddress localAddress() throws IOException {
        ensureOpen();
        try (Arena arena = Arena.ofConfined()) {
            SockAddr address = SockAddr.allocate(arena);
            check("getsockname", core().sockets().getsockname(fd(), address));
            return address.inet();
        }
    }

    /// The peer's end.
    public InetSocketAddress remoteAddress() throws IOException {
        ensureOpen();
        try (Arena arena = Arena.ofConfined()) {
            SockAddr address = SockAddr.allocate(arena);
            check("getpeername", core().sockets().getpeername(fd(), address));
            return address.inet();
        }
    }

    @Override
    public boolean isOpen() {
        return !descriptor.isClosing();
    }

    /// Closes the connection. Returns, to whichever caller, when nothing is in flight on it any
    /// more; a task that reads or writes gets an `AsynchronousCloseException`. An interrupt does
    /// not cut this short; closing twice is harmless.
    ///
    /// What was written still goes out, then the peer reads the end; with [#linger] of zero it is
    /// dropped and the connection reset. What [#send] has handed over is waited for, five seconds
    /// or the time of [#linger], but not by a task that is interrupted. When bytes wait in the
    /// socket the kernel resets the connection too, and the peer may lose what it has not read yet;
    /// the few that were received ahead ([dev.corio.core.CoreOptions#multishotReceive]) do not
    /// count. To part without loss: [#shutdownOutput], read until -1, close.
    @Override
    public void close() {
        if (lingerSeconds != 0 && isOpen()) {
            int seconds = lingerSeconds == LINGER_NOT_SET ? PATIENCE_SECONDS : lingerSeconds;
            output.settle(Duration.ofSeconds(seconds));
        }
        // The wait of SO_LINGER happens where the last descriptor is closed: beside the core.
        int last = lingerSeconds > 0 && isOpen() ? core().sockets().duplicate(fd()) : -1;
        descriptor.close();
        input.close();
        if (last >= 0) {
            Lingering.close(core(), last);
        }
    }

    @Override
    public String toString() {
        return "TcpStream[fd=" + fd() + (isOpen() ? "]" : ", closed]");
    }

    Core core() {
        return descriptor.core();
    }

    Descriptor descriptor() {
        return descriptor;
    }

    StreamInput input() {
        return input;
    }

    void ensureOpen() throws ClosedChannelException {
        assert core().isCurrent() : "TcpStream used off its core; hand work over with Core.spawn";
        if (descriptor.isClosing()) {
            throw new ClosedChannelException();
        }
    }

    private int fd() {
        return descriptor.fd();
    }

    private void shutdown(int how) throws IOException {
        ensureOpen();
        check("shutdown", core().sockets().shutdown(fd(), how));
    }

    private TcpStream option(String name, int level, int option, int value) throws IOException {
        ensureOpen();
        check(
                "setsockopt(" + name + ", " + value + ")",
                core().sockets().setsockopt(fd(), level, option, value));
        return this;
    }

    private void check(String call, int result) throws IOException {
        if (result == -Errno.EBADF) {
            throw new AsynchronousCloseException();
        }
        if (result < 0) {
            throw new SyscallException(call + " of fd=" + fd(), -result);
        }
    }
}
