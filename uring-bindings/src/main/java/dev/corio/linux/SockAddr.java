package dev.corio.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/// A socket address in native memory: a `sockaddr_storage` and, behind it, the `socklen_t` that
/// accept and getsockname fill in. It lives as long as the arena it was allocated in.
///
/// Use: `set` one and pass it to bind or connect; or `reset` it, pass [#address()] and
/// [#lengthAddress()] to accept, and read [#inet()].
///
/// **Threading:** one thread at a time, and nobody while a submitted operation holds it.
public final class SockAddr {
    // Numbers, for building the generated layouts would take a start some milliseconds; the test
    // compares.
    static final int CAPACITY = 128;
    static final int INET_LENGTH = 16;
    static final int INET6_LENGTH = 28;

    /// sockaddr_in and sockaddr_in6 share their first two fields.
    static final int PORT = 2;

    static final int INET_ADDRESS = 4;
    static final int INET6_ADDRESS = 8;
    static final int INET6_SCOPE = 24;

    private final MemorySegment segment;

    private SockAddr(MemorySegment segment) {
        this.segment = segment;
        reset();
    }

    /// An address without a family, with room for any.
    public static SockAddr allocate(Arena arena) {
        return new SockAddr(arena.allocate(CAPACITY + Integer.BYTES, Long.BYTES));
    }

    /// The native form of `inet`.
    public static SockAddr of(Arena arena, InetSocketAddress inet) {
        return allocate(arena).set(inet);
    }

    /// Makes this the native form of `inet`, whose host must be resolved: AF_INET for an IPv4
    /// address, AF_INET6 for an IPv6 address with its scope.
    public SockAddr set(InetSocketAddress inet) {
        InetAddress host = inet.getAddress();
        if (host == null) {
            throw new IllegalArgumentException("resolve the host name first: " + inet);
        }
        Memory.zero(address(), CAPACITY);
        putPort(inet.getPort());
        byte[] bytes = host.getAddress();
        if (host instanceof Inet6Address inet6) {
            Memory.putShort(address(), (short) Linux.AF_INET6);
            putBytes(bytes, address() + INET6_ADDRESS);
            Memory.putInt(address() + INET6_SCOPE, inet6.getScopeId());
            Memory.putInt(lengthAddress(), INET6_LENGTH);
        } else {
            Memory.putShort(address(), (short) Linux.AF_INET);
            putBytes(bytes, address() + INET_ADDRESS);
            Memory.putInt(lengthAddress(), INET_LENGTH);
        }
        return this;
    }

    /// The address in the JDK's form. An IPv4 address that came through an IPv6 socket
    /// (`::ffff:1.2.3.4`) is an IPv4 address again.
    ///
    /// @throws IllegalStateException if the family is neither AF_INET nor AF_INET6
    public InetSocketAddress inet() {
        return inet(address());
    }

    /// The `sockaddr` at an address, in the JDK's form: what a submission queue entry points to.
    ///
    /// @throws IllegalStateException if the family is neither AF_INET nor AF_INET6
    public static InetSocketAddress inet(long sockaddr) {
        return new InetSocketAddress(host(sockaddr), port(sockaddr));
    }

    /// AF_INET, AF_INET6, …; AF_UNSPEC after [#reset()].
    public int family() {
        return Memory.getShort(address());
    }

    /// Where the `sockaddr` is.
    public long address() {
        return segment.address();
    }

    /// How many bytes of it count.
    public int length() {
        return Memory.getInt(lengthAddress());
    }

    /// Where the `socklen_t` is, for calls that fill in an address.
    public long lengthAddress() {
        return address() + CAPACITY;
    }

    /// Forgets the address and offers all of the room, as accept and getsockname want to be called.
    public void reset() {
        Memory.putShort(address(), (short) Linux.AF_UNSPEC);
        Memory.putInt(lengthAddress(), CAPACITY);
    }

    @Override
    public String toString() {
        return switch (family()) {
            case Linux.AF_INET, Linux.AF_INET6 -> inet().toString();
            default -> "family " + family();
        };
    }

    private static InetAddress host(long sockaddr) {
        int family = Memory.getShort(sockaddr);
        try {
            return switch (family) {
                case Linux.AF_INET -> InetAddress.getByAddress(bytes(sockaddr + INET_ADDRESS, 4));
                case Linux.AF_INET6 -> inet6Host(sockaddr);
                default ->
                        throw new IllegalStateException(
                                "not an internet address: family " + family);
            };
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes are an address", e);
        }
    }

    private static InetAddress inet6Host(long sockaddr) throws UnknownHostException {
        byte[] bytes = bytes(sockaddr + INET6_ADDRESS, 16);
        int scope = Memory.getInt(sockaddr + INET6_SCOPE);
        InetAddress host = InetAddress.getByAddress(bytes);
        boolean isMapped = host instanceof Inet4Address;
        return isMapped || scope == 0 ? host : Inet6Address.getByAddress(null, bytes, scope);
    }

    // Byte by byte, both ways: the first copy of an array has the JVM spin a class.
    private static byte[] bytes(long address, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = Memory.getByte(address + i);
        }
        return bytes;
    }

    private static void putBytes(byte[] bytes, long address) {
        for (int i = 0; i < bytes.length; i++) {
            Memory.putByte(address + i, bytes[i]);
        }
    }

    private static int port(long sockaddr) {
        int high = Memory.getByte(sockaddr + PORT) & 0xFF;
        int low = Memory.getByte(sockaddr + PORT + 1) & 0xFF;
        return high << 8 | low;
    }

    private void putPort(int port) {
        Memory.putByte(address() + PORT, (byte) (port >> 8));
        Memory.putByte(address() + PORT + 1, (byte) port);
    }
}
