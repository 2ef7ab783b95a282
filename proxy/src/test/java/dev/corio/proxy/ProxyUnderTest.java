package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.corio.uring.IoUring;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/// The proxy on each driver, and the way to test it with real clients: started anew for each test,
/// after which nothing may be left behind.
enum ProxyUnderTest {
    IO_URING("io_uring"),
    EPOLL("epoll");

    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(20);

    private final String driver;

    ProxyUnderTest(String driver) {
        this.driver = driver;
    }

    /// What a test does while the proxy runs. It leaves no client behind.
    @FunctionalInterface
    interface Body {
        void run(ProxyProcess proxy) throws Exception;
    }

    /// Starts the proxy with `arguments` and the driver.
    ProxyProcess start(String... arguments) throws Exception {
        return startUnder(List.of(), arguments);
    }

    /// As [#start], but by a program that limits what it starts, such as `prlimit`.
    ProxyProcess startUnder(List<String> limiter, String... arguments) throws Exception {
        if (this == IO_URING) {
            assumeIoUring();
        }
        List<String> all = new ArrayList<>(List.of("--driver", driver));
        all.addAll(List.of(arguments));
        return ProxyProcess.startUnder(limiter, all.toArray(String[]::new));
    }

    /// Skips the test where there is no io_uring.
    static void assumeIoUring() {
        String reason = IoUring.unavailabilityReason();
        if (reason != null) {
            Assumptions.abort("io_uring unavailable: " + reason);
        }
    }

    /// Runs a test, and checks what the proxy leaves behind: once the clients are gone, no
    /// descriptor more than before them; after the end, which is exit code 0, no operation in
    /// flight, no buffer, no task.
    void run(Body body, String... arguments) throws Exception {
        try (ProxyProcess proxy = start(arguments)) {
            run(proxy, body);
        }
    }

    /// As the other, for proxies that are started specially.
    static void run(ProxyProcess proxy, Body body) throws Exception {
        int openBefore = openFiles(proxy);
        try {
            body.run(proxy);
        } catch (Throwable e) {
            e.addSuppressed(new AssertionError("the proxy said:\n" + proxy.output()));
            throw e;
        }
        awaitOpenFiles(proxy, openBefore);
        proxy.stop();
        assertNothingLeft(proxy);
    }

    /// What a proxy that has ended must say of itself.
    static void assertNothingLeft(ProxyProcess proxy) throws IOException {
        assertEquals(0, proxy.stat("operationsInFlight"), "operations left in flight");
        assertEquals(0, proxy.stat("descriptorsOpen"), "descriptors left open");
        assertEquals(0, proxy.stat("buffersLeased"), "buffers left leased");
        assertEquals(0, proxy.stat("tasksLive"), "tasks left");
        assertEquals(0, proxy.stat("staleCompletions"), "stale completions");
    }

    /// How many sockets, rings, epolls and eventfds the process has, as the kernel counts. Files
    /// are left out: the JDK opens some for itself when a class is first used.
    static int openFiles(ProxyProcess proxy) throws IOException {
        int count = 0;
        Path directory = Path.of("/proc", String.valueOf(proxy.pid()), "fd");
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (isSocketOrAnonymous(file)) {
                    count++;
                }
            }
        }
        return count;
    }

    /// Waits until it is down to so many: closing is asynchronous.
    static void awaitOpenFiles(ProxyProcess proxy, int count) throws Exception {
        long deadlineNanos = System.nanoTime() + SETTLE_TIMEOUT.toNanos();
        while (openFiles(proxy) > count && System.nanoTime() < deadlineNanos) {
            Thread.sleep(10);
        }
        assertEquals(count, openFiles(proxy), () -> "files left open:\n" + proxy.output());
    }

    private static boolean isSocketOrAnonymous(Path file) {
        try {
            String target = Files.readSymbolicLink(file).toString();
            return target.startsWith("socket:") || target.startsWith("anon_inode:");
        } catch (IOException e) {
            // Closed between the listing and now.
            return false;
        }
    }
}
