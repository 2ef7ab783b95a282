package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VersionsTest {
    @Test
    void whatIsHereHasAVersionAndWhatIsNotHasNone() throws IOException {
        Map<String, String> versions = Versions.read();
        assertTrue(versions.getOrDefault("Netty", "").startsWith("4."), versions::toString);
        assertVersion(versions, "HAProxy", "haproxy");
        assertVersion(versions, "nginx", "nginx");
    }

    @Test
    void versionsAreReadAsASentence() {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("Netty", "4.2.18.Final");
        versions.put("nginx", "1.22.1");
        assertEquals("Netty 4.2.18.Final, nginx 1.22.1", Versions.text(versions));
    }

    private static void assertVersion(Map<String, String> versions, String name, String program) {
        assertEquals(ProxyPeers.find(program).isPresent(), versions.containsKey(name), name);
        String version = versions.getOrDefault(name, "0.0");
        assertTrue(version.matches("\\d+\\.\\d.*"), version);
    }
}
