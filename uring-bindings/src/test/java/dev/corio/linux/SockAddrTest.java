package dev.corio.linux;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.corio.generated.sockaddr_in;
import dev.corio.generated.sockaddr_in6;
import dev.corio.generated.sockaddr_storage;
import java.lang.foreign.Arena;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SockAddrTest {
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void offsetsWrittenByHandAreThoseOfTheGeneratedClasses() {
        assertAll(
                () -> assertEquals(sockaddr_storage.sizeof(), SockAddr.CAPACITY),
                () -> assertEquals(sockaddr_in.sizeof(), SockAddr.INET_LENGTH),
                () -> assertEquals(sockaddr_in6.sizeof(), SockAddr.INET6_LENGTH),
                () -> assertEquals(sockaddr_in.sin_port$offset(), SockAddr.PORT),
                () -> assertEquals(sockaddr_in6.sin6_port$offset(), SockAddr.PORT),
                () -> assertEquals(sockaddr_in.sin_addr$offset(), SockAddr.INET_ADDRESS),
                () -> assertEquals(sockaddr_in6.sin6_addr$offset(), SockAddr.INET6_ADDRESS),
                () -> assertEquals(sockaddr_in6.sin6_scope_id$offset(), SockAddr.INET6_SCOPE));
    }

    @Test
    void anInet4AddressComesBackAsItWent() {
        InetSocketAddress inet = new InetSocketAddress("192.0.2.1", 65535);
        SockAddr address = SockAddr.of(arena, inet);
        assertEquals(Linux.AF_INET, address.family());
        assertEquals(16, address.length());
        assertEquals(inet, address.inet());
    }

    @Test
    void anInet6AddressComesBackWithItsScope() throws Exception {
        byte[] bytes = InetAddress.getByName("fe80::1234").getAddress();
        InetSocketAddress inet =
                new InetSocketAddress(Inet6Address.getByAddress(null, bytes, 7), 443);
        SockAddr address = SockAddr.of(arena, inet);
        assertEquals(Linux.AF_INET6, address.family());
        assertEquals(28, address.length());
        assertEquals(inet, address.inet());
        assertEquals(7, ((Inet6Address) address.inet().getAddress()).getScopeId());
    }

    @Test
    void bytesAreInNetworkOrder() {
        SockAddr address = SockAddr.of(arena, new InetSocketAddress("127.0.0.1", 0x1234));
        byte[] bytes = new byte[6];
        Memory.copy(address.address() + 2, bytes, 0, bytes.length);
        assertArrayEquals(new byte[] {0x12, 0x34, 127, 0, 0, 1}, bytes);
    }

    @Test
    void aMappedInet4AddressIsAnInet4Address() {
        SockAddr address = SockAddr.of(arena, new InetSocketAddress("2001:db8::1", 80));
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 10, 0, 0, 9};
        Memory.copy(mapped, 0, address.address() + 8, mapped.length);
        assertInstanceOf(Inet4Address.class, address.inet().getAddress());
        assertEquals(new InetSocketAddress("10.0.0.9", 80), address.inet());
    }

    @Test
    void anAddressCanBeSetAgain() {
        SockAddr address = SockAddr.of(arena, new InetSocketAddress("ffff::ffff", 1));
        InetSocketAddress inet = new InetSocketAddress("127.0.0.1", 2);
        assertEquals(inet, address.set(inet).inet());
        assertEquals(0, Memory.getLong(address.address() + 8), "sin_zero is zero");
    }

    @Test
    void resetOffersAllOfTheRoom() {
        SockAddr address = SockAddr.of(arena, new InetSocketAddress("127.0.0.1", 1));
        address.reset();
        assertEquals(128, address.length());
        assertEquals(Linux.AF_UNSPEC, address.family());
        assertEquals("family 0", address.toString());
        assertThrows(IllegalStateException.class, address::inet);
    }

    @Test
    void aHostNameMustBeResolved() {
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved("example.invalid", 80);
        assertThrows(IllegalArgumentException.class, () -> SockAddr.of(arena, unresolved));
    }
}
