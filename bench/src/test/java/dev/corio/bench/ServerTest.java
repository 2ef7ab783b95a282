package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerTest {
    @Test
    void anAddressIsHostAndPort() {
        assertEquals(new InetSocketAddress("127.0.0.1", 7), Server.address("127.0.0.1:7"));
        assertEquals(new InetSocketAddress("::1", 7), Server.address("::1:7"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "host", ":7", "host:", "host:x", "host:65536", "host:-1"})
    void anythingElseIsRefusedAndNamed(String text) {
        var refused = assertThrows(IllegalArgumentException.class, () -> Server.address(text));
        String start = "'" + text + "' is not HOST:PORT";
        assertTrue(refused.getMessage().startsWith(start), refused.getMessage());
    }
}
