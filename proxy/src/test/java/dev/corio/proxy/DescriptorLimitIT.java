package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Cpus;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;

/// More clients than a process can have descriptors for.
final class DescriptorLimitIT {
    private static final int DESCRIPTORS_MAX = 64;
    private static final int CLIENTS = 100;
    private static final int SERVED_MIN = 10;
    private static final int POLL_MILLIS = 100;
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final byte[] PING = "PING\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PONG = "+PONG\r\n".getBytes(StandardCharsets.US_ASCII);

    @EveryDriver
    void withoutDescriptorsItServesWhomItCanAndGoesOnLater(
            ProxyUnderTest driver, @TempDir Path directory) throws Exception {
        try (ServerProcess redis = ServerProcess.redis(directory);
                ProxyProcess proxy = driver.start("--to", redis.address())) {
            ProxyUnderTest.run(
                    proxy,
                    running -> {
                        limit(running);
                        crowd(running);
                        awaitServed(running);
                    });
            assertEquals(
                    1,
                    proxy.output().lines().filter(line -> line.contains("EMFILE")).count(),
                    proxy.output());
            // Each rest of accepting is a turn, and so is each step of a connection; a loop that
            // spins makes as many within milliseconds.
            assertTrue(proxy.stat("turns") < 20_000, "turns: " + proxy.stat("turns"));
        }
    }

    /// Behind its back, for it does not start with more than it can serve.
    private static void limit(ProxyProcess proxy) throws Exception {
        List<String> command =
                Program.PRLIMIT.command(
                        "--pid=" + proxy.pid(), "--nofile=" + DESCRIPTORS_MAX + ":");
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    }

    @EveryDriver
    void moreConnectionsThanThereAreDescriptorsForAreRefusedAtTheStart(ProxyUnderTest driver)
            throws Exception {
        int cores = Cpus.read().usable().length;
        int possible = OpenFiles.connections(1000, cores);
        String[] command = {
            "proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", "--max-connections", ""
        };
        command[command.length - 1] = String.valueOf(possible + 1);
        try (ProxyProcess refused =
                ProxyProcess.runUnder(Program.PRLIMIT.command("--nofile=1000:1000"), command)) {
            assertEquals(2, refused.exitCode(), refused.output());
            String remedy =
                    "is enough for "
                            + possible
                            + "; raise it to "
                            + OpenFiles.needed(possible + 1, cores)
                            + " (ulimit -Hn";
            assertTrue(refused.output().contains(remedy), refused.output());
        }
        List<String> justEnough =
                Program.PRLIMIT.command("--nofile=" + OpenFiles.needed(possible + 1, cores));
        try (ProxyProcess proxy =
                driver.startUnder(
                        justEnough,
                        "--to",
                        "127.0.0.1:1",
                        "--max-connections",
                        String.valueOf(possible + 1))) {
            proxy.stop();
        }
    }

    /// `ulimit -n 40`: two for each connection, and what the JVM and the cores have open.
    @EveryDriver
    void withoutAnotherWordTheLimitOfConnectionsFollowsThatOfDescriptors(
            ProxyUnderTest driver, @TempDir Path directory) throws Exception {
        List<String> limiter = Program.PRLIMIT.command("--nofile=40:40");
        try (ServerProcess redis = ServerProcess.redis(directory);
                ProxyProcess proxy = driver.startUnder(limiter, "--to", redis.address())) {
            assertEquals(OpenFiles.connections(40, Cpus.read().usable().length), served(proxy));
            ProxyUnderTest.run(proxy, DescriptorLimitIT::awaitServed);
        }
    }

    @EveryDriver
    void theSoftLimitIsRaisedEvenWhereTheJvmDoesNot(ProxyUnderTest driver, @TempDir Path directory)
            throws Exception {
        List<String> limiter = new ArrayList<>(List.of("env", "JDK_JAVA_OPTIONS=-XX:-MaxFDLimit"));
        limiter.addAll(Program.PRLIMIT.command("--nofile=100:2000"));
        try (ServerProcess redis = ServerProcess.redis(directory);
                ProxyProcess proxy = driver.startUnder(limiter, "--to", redis.address())) {
            assertEquals(OpenFiles.connections(2000, Cpus.read().usable().length), served(proxy));
            ProxyUnderTest.run(proxy, DescriptorLimitIT::awaitServed);
        }
    }

    private static int served(ProxyProcess proxy) {
        Matcher matcher = Pattern.compile("serves at most (\\d+)").matcher(proxy.output());
        assertTrue(matcher.find(), proxy.output());
        return Integer.parseInt(matcher.group(1));
    }

    /// Clients beyond the limit come, stay for a while and leave. Who comes too late waits in the
    /// backlog or is closed.
    private static void crowd(ProxyProcess proxy) throws Exception {
        List<Socket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS; i++) {
                Socket client = proxy.connect();
                client.setSoTimeout(POLL_MILLIS);
                clients.add(client);
            }
            proxy.awaitOutput("EMFILE", SOON);
            List<Socket> served = new ArrayList<>();
            for (Socket client : clients) {
                if (isServed(client)) {
                    served.add(client);
                    client.setSoTimeout((int) SOON.toMillis());
                }
            }
            assertTrue(served.size() >= SERVED_MIN, "serves only " + served.size());
            assertTrue(served.size() < DESCRIPTORS_MAX / 2, "serves " + served.size());
            Duration before = cpuTime(proxy);
            Thread.sleep(2000);
            Duration used = cpuTime(proxy).minus(before);
            assertTrue(used.toMillis() < 1000, "it spins: " + used + " of CPU in 2 s");
            for (Socket client : served) {
                assertTrue(isServed(client), "one that was served no longer is");
            }
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    /// Soon after the crowd has left there is a descriptor for everybody again.
    private static void awaitServed(ProxyProcess proxy) throws Exception {
        long deadlineNanos = System.nanoTime() + SOON.toNanos();
        while (System.nanoTime() < deadlineNanos) {
            try (Socket client = proxy.connect()) {
                if (isServed(client)) {
                    return;
                }
            }
            Thread.sleep(10);
        }
        throw new AssertionError("still serves nobody");
    }

    private static boolean isServed(Socket client) {
        try {
            client.getOutputStream().write(PING);
            byte[] answer = client.getInputStream().readNBytes(PONG.length);
            return Arrays.equals(PONG, answer);
        } catch (IOException waitsOrWasClosed) {
            return false;
        }
    }

    private static Duration cpuTime(ProxyProcess proxy) {
        return ProcessHandle.of(proxy.pid())
                .flatMap(handle -> handle.info().totalCpuDuration())
                .orElseThrow();
    }
}
