package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// The proxy in a place that takes something away from it.
final class Confinement {
    private Confinement() {}

    /// Starts the proxy there and lets it serve a client, then asks the doctor in the same place.
    ///
    /// @param limiter the command that starts another in that place
    /// @param started what the proxy says of it
    /// @param diagnosed what the doctor says: what is wrong, and what to do
    static void assertServes(
            Path directory, List<String> limiter, String started, String... diagnosed)
            throws Exception {
        try (ServerProcess redis = ServerProcess.redis(directory);
                ProxyProcess proxy = ProxyProcess.startUnder(limiter, "--to", redis.address())) {
            assertTrue(proxy.output().contains(started), proxy.output());
            try (Socket client = proxy.connect()) {
                client.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
                byte[] answer = client.getInputStream().readNBytes(7);
                assertArrayEquals("+PONG\r\n".getBytes(StandardCharsets.US_ASCII), answer);
            }
            proxy.stop();
        }
        ProxyProcess doctor = ProxyProcess.runUnder(limiter, "doctor");
        assertEquals(0, doctor.exitCode(), doctor.output());
        for (String each : diagnosed) {
            assertTrue(doctor.output().contains(each), each + " is not in:\n" + doctor.output());
        }
    }
}
