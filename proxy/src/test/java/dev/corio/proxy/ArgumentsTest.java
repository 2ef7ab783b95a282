package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

final class ArgumentsTest {
    @Test
    void durationsHaveAUnit() {
        assertEquals(Duration.ofMillis(250), Arguments.duration("250ms"));
        assertEquals(Duration.ofSeconds(3), Arguments.duration("3s"));
        assertEquals(Duration.ofMinutes(5), Arguments.duration("5m"));
        assertEquals(Duration.ofHours(1), Arguments.duration("1h"));
        assertEquals(Duration.ZERO, Arguments.duration("0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "3", "-1s", "3 s", "1.5s", "s", "9999999999s", "3S"})
    void otherDurationsAreRefusedWithTheText(String text) {
        var e = assertThrows(TypeConversionException.class, () -> Arguments.duration(text));
        assertTrue(e.getMessage().startsWith("'" + text + "' is not a duration"), e.getMessage());
    }

    @Test
    void sizesMayHaveABinaryUnit() {
        assertEquals(4096, Arguments.bytes("4096"));
        assertEquals(16 << 10, Arguments.bytes("16k"));
        assertEquals(16 << 10, Arguments.bytes("16KiB"));
        assertEquals(1 << 20, Arguments.bytes("1M"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "k", "-1", "1g", "2048M", "1.5k"})
    void otherSizesAreRefused(String text) {
        assertThrows(TypeConversionException.class, () -> Arguments.bytes(text));
    }

    @Test
    void addressesAreLiteralsNamesOrEveryAddress() {
        assertEquals(new InetSocketAddress("127.0.0.1", 6379), Arguments.address("127.0.0.1:6379"));
        assertEquals(new InetSocketAddress("::1", 80), Arguments.address("[::1]:80"));
        assertEquals(new InetSocketAddress(7000), Arguments.address(":7000"));
        assertEquals(new InetSocketAddress(7000), Arguments.address("*:7000"));
        InetSocketAddress name = Arguments.address("redis.example:6379");
        assertTrue(name.isUnresolved());
        assertEquals("redis.example", name.getHostString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "6379", "host", "host:", "host:65536", "::1:80", "[host]:80", "a:b"})
    void otherAddressesAreRefused(String text) {
        assertThrows(TypeConversionException.class, () -> Arguments.address(text));
    }

    @Test
    void addressesArePrintedAsTheyAreRead() {
        for (String text : new String[] {"127.0.0.1:6379", "[0:0:0:0:0:0:0:1]:80", "name:1"}) {
            assertEquals(text, Proxy.text(Arguments.address(text)));
        }
    }

    @Test
    void cpusAreNumbersAndRanges() {
        assertArrayEquals(new int[] {0}, Arguments.cpus("0"));
        assertArrayEquals(new int[] {0, 2, 3, 4}, Arguments.cpus("0,2-4"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0,", "a", "3-2", "-1", "0,0", "1,0-1", "0-5000"})
    void otherCpusAreRefused(String text) {
        assertThrows(TypeConversionException.class, () -> Arguments.cpus(text));
    }
}
