package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Linux;
import dev.corio.uring.IoUring;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What waits, waits in the kernel's poll. io_uring could give each wait a thread of the kernel
/// instead: hundreds of them, in a container whose processes are counted.
final class KernelThreadsTest {
    private static final int PAIRS = 20;

    /// More than the buffers of a socket ever take.
    private static final int MUCH = 32 << 20;

    @RealDrivers
    void whatWaitsTakesNone(DriverUnderTest driver) throws Exception {
        driver.run(core -> assertEquals(0, threadsWhileAllWait(core, 0)));
    }

    @RealDrivers
    void whatWaitsTakesNoneBroken(DriverUnderTest driver) throws Exception {
        assumeTrue(driver != DriverUnderTest.EPOLL, "epoll has no threads in the kernel");
        driver.run(core -> assertTrue(threadsWhileAllWait(core, IoUring.IOSQE_ASYNC) > 0));
    }

    /// Receives from peers that say nothing, sends to peers that do not listen.
    private static int threadsWhileAllWait(Core core, int flags) throws Exception {
        Set<Path> before = threads();
        List<Pair> pairs = new ArrayList<>();
        List<Request> all = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            long bytes = arena.allocate(MUCH).address();
            for (int i = 0; i < PAIRS; i++) {
                Pair pair = Pair.open();
                pairs.add(pair);
                int left = pair.left.fd();
                int sendFlags = Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL;
                all.add(Request.on(pair.left, sqe -> sqe.recv(left, bytes, 1, 0).sqeFlags(flags)));
                all.add(
                        Request.on(
                                pair.left,
                                sqe -> sqe.send(left, bytes, MUCH, sendFlags).sqeFlags(flags)));
            }
            all.forEach(each -> assertTrue(core.submit(each)));
            // A thread begins when the kernel finds that the one before it waits.
            Core.sleep(Duration.ofMillis(20));
            Set<Path> threads = threads();
            threads.removeAll(before);
            all.forEach(each -> assertTrue(each.isInFlight(), "waits no more: " + each.results));
            pairs.forEach(Pair::close);
            all.forEach(each -> assertEquals(1, each.results.size()));
            return threads.size();
        }
    }

    /// Those that io_uring has made for this process: the last one stays with the thread that rings
    /// were used on.
    private static Set<Path> threads() throws IOException {
        Set<Path> found = new HashSet<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path task : tasks) {
                if (isOfIoUring(task)) {
                    found.add(task);
                }
            }
        }
        return found;
    }

    private static boolean isOfIoUring(Path task) {
        try {
            return Files.readString(task.resolve("comm")).startsWith("iou-wrk");
        } catch (IOException e) {
            // It has ended meanwhile.
            return false;
        }
    }
}
