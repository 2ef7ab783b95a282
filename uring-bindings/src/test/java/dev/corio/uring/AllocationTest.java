package dev.corio.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.corio.linux.EpollEvents;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.linux.TcpPair;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/// The way of a byte allocates nothing.
class AllocationTest {
    private static final int ROUNDS = 5_000;
    private static final int WARM_UPS = 4;
    private static final int ATTEMPTS = 20;

    private final ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    private long sum;

    @Test
    void aRoundOfSubmissionsAndCompletionsAllocatesNothing() throws Exception {
        try (Ring ring = TestRings.open(16, 32)) {
            CompletionQueue.Handler handler = (userData, result, flags) -> sum += userData;
            assertAllocatesNothing(() -> {
                for (int i = 0; i < 8; i++) {
                    ring.submissions().next().nop().userData(i).linked();
                }
                ring.submitAndWait(-1);
                ring.completions().drain(handler, 32);
                ring.submit();
                ring.submitAndGet();
                ring.submissions().isOverflowed();
                ring.submissions().isTaskWorkPending();
            });
        }
    }

    @Test
    void anEchoAllocatesNothing() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.EXT_ARG);
                TcpPair pair = TcpPair.open();
                Arena arena = Arena.ofConfined()) {
            long buffer = arena.allocate(64).address();
            CompletionQueue.Handler handler = (userData, result, flags) -> sum += result;
            assertAllocatesNothing(() -> {
                ring.submissions().next().recv(pair.server(), buffer, 32, 0).userData(1);
                ring.submissions()
                        .next()
                        .send(pair.client(), buffer + 32, 32, Linux.MSG_NOSIGNAL)
                        .userData(2);
                for (int done = 0; done < 2; ) {
                    ring.submitAndWait(1_000_000_000);
                    done += ring.completions().drain(handler, 32);
                }
            });
        }
    }

    @Test
    void systemCallsAllocateNothingOnAPlatformThread() throws Exception {
        try (TcpPair pair = TcpPair.open();
                Arena arena = Arena.ofConfined()) {
            long buffer = arena.allocate(64).address();
            int epoll = TcpPair.check(Linux.epollCreate(0));
            EpollEvents events = EpollEvents.allocate(arena, 4);
            Linux.epollControl(epoll, Linux.EPOLL_CTL_ADD, pair.server(), Linux.EPOLLIN, 7);
            assertAllocatesNothing(() -> {
                sum += Linux.send(pair.client(), buffer, 32, Linux.MSG_NOSIGNAL);
                sum += Linux.epollWait(epoll, events, 1_000_000_000);
                sum += events.data(0) + events.events(0);
                sum += Linux.recv(pair.server(), buffer, 32, 0);
                int again = Linux.recv(pair.server(), buffer, 32, Linux.MSG_DONTWAIT);
                sum += again == -Errno.EAGAIN ? 0 : Long.MIN_VALUE;
                int changed = Linux.EPOLL_CTL_MOD;
                Linux.epollControl(epoll, changed, pair.server(), Linux.EPOLLIN, 7);
            });
            Linux.close(epoll);
        }
    }

    @Test
    void memoryAccessAllocatesNothing() {
        try (Arena arena = Arena.ofConfined()) {
            long buffer = arena.allocate(64, 8).address();
            byte[] bytes = new byte[16];
            assertAllocatesNothing(() -> {
                Memory.putLong(buffer, sum);
                Memory.putIntRelease(buffer + 8, 1);
                sum += Memory.getIntAcquire(buffer + 8);
                Memory.copy(buffer, buffer + 16, 16);
                Memory.copy(buffer, bytes, 0, 16);
                Memory.copy(bytes, 0, buffer, 16);
            });
        }
    }

    /// The compiler allocates on its own while code warms up, so the best of some attempts counts.
    private void assertAllocatesNothing(Runnable round) {
        assumeTrue(threads.isThreadAllocatedMemorySupported(), "this JVM does not count");
        for (int i = 0; i < WARM_UPS * ROUNDS; i++) {
            round.run();
        }
        long least = Long.MAX_VALUE;
        for (int attempt = 0; attempt < ATTEMPTS && least != 0; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < ROUNDS; i++) {
                round.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, least, "bytes in " + ROUNDS + " rounds");
    }
}
