package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// redis-cli and redis-benchmark through the proxy to redis-server.
final class RedisIT {
    /// From a few bytes to many buffers of the proxy, and either side of its buffer's 16 KiB.
    private static final int[] VALUE_BYTES = {
        3, 100, 4096, 16_383, 16_384, 16_385, 65_536, 1_000_000, 1_048_576
    };

    private static final Pattern COMPLAINT =
            Pattern.compile("error|warning|refused|reset|could not", Pattern.CASE_INSENSITIVE);

    private ServerProcess redis;

    @BeforeEach
    void startRedis(@TempDir Path directory) throws Exception {
        redis = ServerProcess.redis(directory);
    }

    @AfterEach
    void stopRedis() throws Exception {
        redis.close();
    }

    @EveryDriver
    void valuesOfEverySizeComeBackAsTheyWere(ProxyUnderTest driver) throws Exception {
        Random random = new Random(42);
        driver.run(
                proxy -> {
                    String port = "" + proxy.address().getPort();
                    for (int bytes : VALUE_BYTES) {
                        byte[] value = new byte[bytes];
                        random.nextBytes(value);
                        String key = "value:" + bytes;
                        Program.Ended set =
                                Program.REDIS_CLI.runWith(value, "-p", port, "-x", "set", key);
                        assertEquals("OK\n", set.succeeded().text());
                        Program.Ended get =
                                Program.REDIS_CLI.run("-p", port, "--raw", "get", key).succeeded();
                        // redis-cli ends what it prints with a newline.
                        byte[] got = Arrays.copyOf(get.output(), get.output().length - 1);
                        assertArrayEquals(value, got, key);
                    }
                    assertEquals("" + VALUE_BYTES.length, ask("dbsize"));
                },
                "--to",
                redis.address());
    }

    @EveryDriver
    void pipelinesOfEveryDepthLoseNothing(ProxyUnderTest driver) throws Exception {
        driver.run(
                proxy -> {
                    benchmark(proxy, 10_000, 3, "-P", "1");
                    benchmark(proxy, 80_000, 3, "-P", "16");
                    benchmark(proxy, 200_000, 3, "-P", "100");
                    benchmark(proxy, 16_000, 512, "-P", "16");
                },
                "--to",
                redis.address());
    }

    @EveryDriver
    void manyClientsMoveMegabytesAtOnce(ProxyUnderTest driver) throws Exception {
        driver.run(proxy -> benchmark(proxy, 200, 1_000_000), "--to", redis.address());
    }

    /// SETs and as many GETs of values of one size, from 50 clients; redis itself tells how many
    /// came.
    private void benchmark(ProxyProcess proxy, int requests, int valueBytes, String... more)
            throws Exception {
        assertEquals("OK", ask("flushall"));
        assertEquals("OK", ask("config", "resetstat"));
        List<String> arguments =
                new ArrayList<>(
                        List.of("-p", "" + proxy.address().getPort(), "-q", "-t", "set,get"));
        arguments.addAll(List.of("-c", "50", "-n", "" + requests, "-d", "" + valueBytes));
        arguments.addAll(List.of(more));
        Program.Ended ended =
                Program.REDIS_BENCHMARK.run(arguments.toArray(String[]::new)).succeeded();
        assertFalse(COMPLAINT.matcher(ended.toString()).find(), ended::toString);
        assertEquals(
                2, Pattern.compile("requests per second").matcher(ended.text()).results().count());
        assertEquals("1", ask("dbsize"));
        assertEquals("" + valueBytes, ask("strlen", "key:__rand_int__"));
        String counts = ask("info", "commandstats");
        assertEquals(requests, calls(counts, "set"), ended::toString);
        assertEquals(requests, calls(counts, "get"), ended::toString);
    }

    /// Asks redis without the proxy.
    private String ask(String... command) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("-p", "" + redis.port()));
        arguments.addAll(List.of(command));
        return Program.REDIS_CLI.run(arguments.toArray(String[]::new)).succeeded().text().strip();
    }

    private static int calls(String counts, String command) {
        Matcher matcher = Pattern.compile("cmdstat_" + command + ":calls=(\\d+)").matcher(counts);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }
}
