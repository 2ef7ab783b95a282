package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/// What happens when a pool has given out all it may.
final class BufferPoolLimitTest {
    private static final int MIB = 1 << 20;
    private static final Duration LONG = Duration.ofSeconds(2);

    @Test
    void bufferThatComesBackGoesToTheFirstWhomItFits() throws Exception {
        try (Cores cores = Cores.start(options(2 * MIB))) {
            Core core = cores.core(0);
            core.spawn(
                            "test",
                            () -> {
                                IoBuffer large = IoBuffer.lease(MIB);
                                List<IoBuffer> small = leaseAll(core, 512);
                                Task<Void> wantsLarge = leaser(core, MIB);
                                Task<Void> wantsSmall = leaser(core, 512);
                                Turns.pass(core, 5);
                                small.removeLast().close();
                                try {
                                    wantsSmall.join(LONG);
                                } finally {
                                    large.close();
                                    small.forEach(IoBuffer::close);
                                }
                                wantsLarge.join(LONG);
                                return null;
                            })
                    .join();
        }
    }

    @Test
    void memoryThatIsFreeInAnotherClassIsNotLost() throws Exception {
        try (Cores cores = Cores.start(options(MIB))) {
            Core core = cores.core(0);
            Task<Void> task =
                    core.spawn(
                            "test",
                            () -> {
                                leaseAll(core, 512).forEach(IoBuffer::close);
                                assertEquals(0, core.buffers().leasedCount());
                                IoBuffer.lease(16 << 10).close();
                                return null;
                            });
            task.join(LONG);
        }
    }

    @Test
    void moreThanThePoolMayEverHaveIsRefused() throws Exception {
        try (Cores cores = Cores.start(options(MIB))) {
            Task<Void> task = leaser(cores.core(0), 2 * MIB);
            assertThrows(ExecutionException.class, () -> task.join(LONG));
        }
    }

    @Test
    void groupOfTheDriverLeavesRoomForLeasers() throws Exception {
        // 256 buffers of 16 KiB are 4 MiB: the group takes the whole pool of 1 MiB.
        try (Cores cores = Cores.start(options(MIB).groupBuffers(256))) {
            leaser(cores.core(0), 512).join(LONG);
        }
    }

    private static CoreOptions options(long bytesMax) {
        return DriverUnderTest.EPOLL
                .options()
                .groupBuffers(0)
                .poolBytesMax(bytesMax)
                .closeTimeout(Duration.ofMillis(200));
    }

    private static Task<Void> leaser(Core core, int bytes) {
        return core.spawn(
                "leaser",
                () -> {
                    IoBuffer.lease(bytes).close();
                    return null;
                });
    }

    private static List<IoBuffer> leaseAll(Core core, int bytes) {
        List<IoBuffer> all = new ArrayList<>();
        for (IoBuffer each = core.buffers().tryLease(bytes);
                each != null;
                each = core.buffers().tryLease(bytes)) {
            all.add(each);
        }
        return all;
    }
}
