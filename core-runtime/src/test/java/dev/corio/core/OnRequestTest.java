package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.uring.RingFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The features of io_uring that are off unless somebody asks for them.
final class OnRequestTest {
    /// Its core receives message by message, with what is only used on request.
    private static final DriverUnderTest DRIVER = DriverUnderTest.IO_URING_SINGLE_SHOT;

    private static final Path FILES = Path.of("/proc/self/fd");
    private static final Path DETAILS = Path.of("/proc/self/fdinfo");

    @Test
    void aCoreKnowsItsFilesByNumberUntilTheyAreClosed() throws Exception {
        DRIVER.run(core -> {
            assumeTrue(core.supports(RingFeature.FIXED_FILES), "no FIXED_FILES here");
            List<Integer> before = membersOfRings();
            try (Pair pair = Pair.open()) {
                List<Integer> with = membersOfRings();
                assertTrue(with.contains(pair.left.fd()), with + " has " + pair.left);
                assertTrue(with.contains(pair.right.fd()), with + " has " + pair.right);
            }
            assertEquals(before, membersOfRings());
        });
    }

    @Test
    void aFileThatMovesIsLeftAsItWas() throws Exception {
        DRIVER.run(core -> {
            assumeTrue(core.supports(RingFeature.FIXED_FILES), "no FIXED_FILES here");
            try (Pair pair = Pair.open()) {
                int fd = pair.left.fd();
                Detached moving = pair.left.detach();
                assertFalse(membersOfRings().contains(fd));
                moving.adopt().close();
            }
        });
    }

    @Test
    void whetherBytesAreLeftIsKnownAfterEachReceive() throws Exception {
        DRIVER.run(core -> {
            assumeTrue(core.supports(RingFeature.POLL_FIRST), "no POLL_FIRST here");
            try (Pair pair = Pair.open();
                    IoBuffer in = core.buffers().lease(64);
                    IoBuffer out = core.buffers().lease(64)) {
                Request receive =
                        Request.on(
                                pair.right,
                                sqe -> sqe.recv(pair.right.fd(), in.writeAddress(), 4, 0));
                receive.buffer(in);
                assertTrue(receive.leftBytes, "nobody knows yet");
                Pair.send(pair.left, out.putLong(1));
                assertEquals(4, core.await(receive));
                assertTrue(receive.leftBytes);
                assertEquals(4, core.await(receive));
                assertFalse(receive.leftBytes);
                // Now the kernel is told to wait first.
                Task<Integer> sender = core.spawn("sender", () -> send(core, pair));
                assertEquals(4, core.await(receive));
                assertEquals(4, sender.join());
            }
        });
    }

    @Test
    void pollingOfDevicesIsTakenOrRefusedAloud() throws Exception {
        CoreOptions options = DriverUnderTest.IO_URING.options();
        CoreOptions polling = options.napiBusyPoll(Duration.ofNanos(50_000));
        boolean isThere =
                DriverChoice.of(DriverKind.IO_URING, options.featureMask())
                        .features()
                        .has(RingFeature.NAPI);
        try (Logged logged = new Logged()) {
            DriverUnderTest.IO_URING.run(polling, core -> Turns.pass(core, 1));
            List<String> warnings = logged.with("no polling of network devices");
            assertEquals(isThere ? 0 : 1, warnings.size(), () -> warnings.toString());
        }
        try (Logged logged = new Logged()) {
            CoreOptions masked = polling.featureMask(options.featureMask() + ",-NAPI");
            DriverUnderTest.IO_URING.run(masked, core -> Turns.pass(core, 1));
            assertEquals(1, logged.with("no polling of network devices").size());
        }
    }

    private static int send(Core core, Pair pair) throws IOException {
        try (IoBuffer out = core.buffers().lease(64)) {
            Pair.send(pair.left, out.putInt(2));
            return out.readableBytes();
        }
    }

    /// The files that rings of this process know, as the kernel tells it.
    private static List<Integer> membersOfRings() throws IOException {
        List<Integer> members = new ArrayList<>();
        try (Stream<Path> files = Files.list(FILES)) {
            for (Path each : files.toList()) {
                Path details = DETAILS.resolve(each.getFileName());
                if (Files.exists(details)) {
                    boolean isTable = false;
                    for (String line : Files.readAllLines(details)) {
                        isTable =
                                line.startsWith("UserFiles:") || (isTable && line.startsWith(" "));
                        if (isTable && line.startsWith(" ")) {
                            members.add(
                                    Integer.valueOf(line.substring(0, line.indexOf(':')).trim()));
                        }
                    }
                }
            }
        }
        return members;
    }
}
