package dev.corio.uring;

import static dev.corio.uring.TestRings.next;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.generated.__kernel_timespec;
import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.Memory;
import dev.corio.linux.SockAddr;
import dev.corio.linux.TcpPair;
import dev.corio.linux.TestCalls;
import dev.corio.uring.Completions.Completion;
import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RingTest {
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void aNopCompletesWithItsUserData() throws Exception {
        try (Ring ring = TestRings.open(8, 16)) {
            next(ring).nop().userData(0x1234_5678_9ABC_DEF0L);
            assertEquals(1, ring.submissions().pending());
            assertEquals(1, ring.submitAndWait(-1));
            assertEquals(0, ring.submissions().pending());
            assertEquals(1, ring.completions().ready());
            Completion completion = new Completions(ring).awaitOne();
            assertEquals(new Completion(0x1234_5678_9ABC_DEF0L, 0, 0), completion);
            assertEquals(0, ring.completions().ready());
        }
    }

    @Test
    void aFullQueueGivesNoSlotUntilItIsSubmitted() throws Exception {
        try (Ring ring = TestRings.open(8, 16)) {
            for (int i = 0; i < ring.entries(); i++) {
                next(ring).nop().userData(i);
            }
            assertNull(ring.submissions().next());
            assertEquals(8, ring.submissions().pending());
            assertEquals(8, ring.submitAndGet());
            next(ring).nop().userData(8);
            assertEquals(9, new Completions(ring).await(9).size());
        }
    }

    @Test
    void submissionsAndCompletionsWrapAround() throws Exception {
        try (Ring ring = TestRings.open(8, 8)) {
            Completions completions = new Completions(ring);
            for (int round = 0; round < 1000; round++) {
                for (int i = 0; i < 7; i++) {
                    next(ring).nop().userData(round * 7L + i);
                }
                completions.await(7);
            }
            assertTrue(isInOrder(completions.seen(), 7000));
        }
    }

    @Test
    void aSlotComesZeroed() throws Exception {
        try (Ring ring = TestRings.open(8, 16)) {
            for (int i = 0; i < 24; i++) {
                Sqe sqe = next(ring);
                assertEquals("NOP fd=0 addr=0x0 len=0 flags=0x0 userData=0", sqe.toString());
                sqe.nop().userData(-1).sqeFlags(IoUring.IOSQE_ASYNC);
                new Completions(ring).awaitOne();
            }
        }
    }

    @Test
    void submittingNothingMakesNoSystemCall() throws Exception {
        try (Ring ring = TestRings.open(8, 16)) {
            assertEquals(0, ring.submit());
            assertEquals(0, ring.enters());
            next(ring).nop();
            assertEquals(1, ring.submit());
            ring.submitAndGet();
            assertEquals(2, ring.enters());
        }
    }

    @Test
    void aRefusedSubmissionStopsTheOnesBehindItWithoutSubmitAll() throws Exception {
        RingFeatures features = TestRings.features().masked("-SUBMIT_ALL");
        try (Ring ring = Ring.open(new RingOptions(64, 128, features))) {
            writeNopsWithBadThird(ring);
            assertEquals(3, ring.submit());
            assertEquals(60, ring.submissions().pending());
            assertEquals(60, ring.submit());
            assertEquals(0, ring.submissions().pending());
            assertThirdFailed(new Completions(ring).await(63));
        }
    }

    @Test
    void aRefusedSubmissionStopsNothingWithSubmitAll() throws Exception {
        RingFeatures features = TestRings.featuresWith(RingFeature.SUBMIT_ALL);
        try (Ring ring = Ring.open(new RingOptions(64, 128, features))) {
            writeNopsWithBadThird(ring);
            assertEquals(63, ring.submit());
            assertThirdFailed(new Completions(ring).await(63));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-DEFER_TASKRUN", "kernel-5.10", "kernel-6.1"})
    void anOverflowLosesNothingAndKeepsTheOrder(String mask) throws Exception {
        RingFeatures features = TestRings.features().masked(mask);
        try (Ring ring = Ring.open(new RingOptions(8, 8, features))) {
            for (int i = 0; i < 64; i++) {
                next(ring).nop().userData(i);
                if (ring.submissions().pending() == 8) {
                    assertEquals(8, ring.submitAndGet());
                }
            }
            assertTrue(ring.submissions().isOverflowed(), "56 did not fit");
            assertEquals(8, ring.completions().ready());
            Completions completions = new Completions(ring);
            assertEquals(64, completions.await(64).size());
            assertTrue(isInOrder(completions.seen(), 64), completions.seen().toString());
            assertFalse(ring.submissions().isOverflowed(), "all are delivered");
            assertEquals(0, ring.completions().overflow(), "none is lost");
        }
    }

    @Test
    void drainingStopsAtItsLimit() throws Exception {
        try (Ring ring = TestRings.open(8, 16)) {
            for (int i = 0; i < 5; i++) {
                next(ring).nop().userData(i);
            }
            ring.submitAndGet();
            Completions completions = new Completions(ring);
            assertEquals(2, ring.completions().drain(completions, 2));
            assertEquals(3, ring.completions().ready());
            assertEquals(0, ring.completions().drain(completions, 0));
            assertEquals(3, ring.completions().drain(completions, 100));
            assertTrue(isInOrder(completions.seen(), 5));
        }
    }

    @Test
    void aHandlerThatThrowsLosesOnlyWhatItWasGiven() throws Exception {
        try (Ring ring = TestRings.open(8, 16)) {
            for (int i = 0; i < 3; i++) {
                next(ring).nop().userData(i);
            }
            ring.submitAndGet();
            CompletionQueue.Handler failing =
                    (userData, result, flags) -> {
                        throw new IllegalStateException("on purpose");
                    };
            assertThrows(IllegalStateException.class, () -> ring.completions().drain(failing, 10));
            Completions completions = new Completions(ring);
            assertEquals(2, ring.completions().drain(completions, 10));
            assertEquals(1, completions.seen().getFirst().userData());
        }
    }

    @Test
    void aWaitEndsWhenItsTimeIsOver() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.EXT_ARG)) {
            long start = System.nanoTime();
            assertEquals(-Errno.ETIME, ring.submitAndWait(20_000_000));
            long nanos = System.nanoTime() - start;
            assertTrue(nanos >= 20_000_000, "not too early: " + nanos);
            assertEquals(-Errno.ETIME, ring.submitAndWait(0));
        }
    }

    @Test
    void aWaitThatSubmitsAnswersTheCountWhenItsTimeIsOver() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.EXT_ARG);
                TcpPair pair = TcpPair.open()) {
            long buffer = arena.allocate(1).address();
            next(ring).recv(pair.server(), buffer, 1, 0).userData(1);
            assertEquals(1, ring.submitAndWait(5_000_000));
            assertEquals(0, ring.completions().ready());
            assertEquals(new Completion(1, -Errno.ECANCELED, 0), cancelled(ring, 1));
        }
    }

    @Test
    void aSignalInterruptsAWait() throws Exception {
        AtomicInteger threadId = new AtomicInteger();
        TestRings.features();
        FutureTask<Integer> wait =
                new FutureTask<>(() -> {
                    try (Ring ring = TestRings.open(8, 16)) {
                        threadId.set(TestCalls.threadId());
                        int result = ring.submitAndWait(-1);
                        next(ring).nop();
                        new Completions(ring).awaitOne(); // It still works.
                        return result;
                    }
                });
        Thread.ofPlatform().start(wait);
        TestCalls.interruptUntilDone(wait, threadId);
        assertEquals(-Errno.EINTR, wait.get());
    }

    @Test
    void anotherThreadIsRefused() throws Exception {
        RingFeatures features =
                TestRings.featuresWith(RingFeature.DEFER_TASKRUN).masked("-REGISTERED_RING");
        try (Ring ring = Ring.open(new RingOptions(8, 16, features))) {
            FutureTask<Integer> other = new FutureTask<>(ring::submitAndGet);
            Thread.ofPlatform().start(other);
            assertEquals(-Errno.EEXIST, other.get());
            next(ring).nop();
            assertEquals(0, new Completions(ring).awaitOne().result()); // It still works.
        }
    }

    @Test
    void deferredCompletionsShowOnlyToWhoEnters() throws Exception {
        TestRings.featuresWith(RingFeature.TASKRUN_FLAG);
        try (Ring ring = TestRings.openWith(RingFeature.DEFER_TASKRUN);
                TcpPair pair = TcpPair.open()) {
            MemorySegment bytes = arena.allocateFrom("x");
            next(ring).recv(pair.server(), bytes.address(), 1, 0);
            ring.submitAndGet();
            assertFalse(ring.submissions().isTaskWorkPending());
            assertEquals(1, Linux.send(pair.client(), bytes.address(), 1, 0));
            assertEquals(0, ring.completions().ready(), "done, and yet not there");
            assertTrue(ring.submissions().isTaskWorkPending(), "only the flag tells");
            ring.submitAndGet();
            assertEquals(1, ring.completions().ready());
        }
    }

    @Test
    void bytesThatAreSentAreReceived() throws Exception {
        try (Ring ring = TestRings.open(8, 16);
                TcpPair pair = TcpPair.open()) {
            MemorySegment out = arena.allocateFrom("hello");
            MemorySegment in = arena.allocate(16);
            next(ring).recv(pair.server(), in.address(), 16, 0).userData(1);
            next(ring).send(pair.client(), out.address(), 6, Linux.MSG_NOSIGNAL).userData(2);
            List<Completion> completions = new Completions(ring).await(2);
            assertEquals(6, resultOf(completions, 1));
            assertEquals(6, resultOf(completions, 2));
            assertEquals("hello", in.getString(0));
        }
    }

    @Test
    void connectionsAreMadeAndAccepted() throws Exception {
        try (Ring ring = TestRings.open(8, 16);
                TcpPair pair = TcpPair.open()) {
            int client = TcpPair.socket();
            SockAddr target = SockAddr.of(arena, pair.address());
            SockAddr peer = SockAddr.allocate(arena);
            next(ring)
                    .accept(
                            pair.listener(),
                            peer.address(),
                            peer.lengthAddress(),
                            Linux.SOCK_CLOEXEC)
                    .userData(1);
            next(ring).connect(client, target.address(), target.length()).userData(2);
            List<Completion> completions = new Completions(ring).await(2);
            assertEquals(0, resultOf(completions, 2));
            int server = resultOf(completions, 1);
            assertTrue(server > 0, "a descriptor: " + server);
            SockAddr own = SockAddr.allocate(arena);
            Linux.getsockname(client, own);
            assertEquals(own.inet(), peer.inet());
            next(ring).close(server).userData(3);
            next(ring).close(client).userData(4);
            List<Completion> closed = new Completions(ring).await(2);
            assertEquals(0, resultOf(closed, 3));
            assertEquals(0, resultOf(closed, 4));
        }
    }

    @Test
    void oneMultishotAcceptTakesManyConnections() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.MULTISHOT_ACCEPT);
                TcpPair pair = TcpPair.open()) {
            next(ring).acceptMultishot(pair.listener(), Linux.SOCK_CLOEXEC).userData(1);
            Completions completions = new Completions(ring);
            for (int i = 0; i < 3; i++) {
                int client = pair.connect();
                Completion completion = completions.awaitOne();
                assertTrue(completion.result() > 0, completion.toString());
                assertTrue(CqeFlags.hasMore(completion.flags()), completion.toString());
                Linux.close(completion.result());
                Linux.close(client);
            }
            Completion last = cancelled(ring, 1);
            assertEquals(-Errno.ECANCELED, last.result());
            assertFalse(CqeFlags.hasMore(last.flags()));
        }
    }

    @Test
    void aCancelledReceiveStillCompletes() throws Exception {
        try (Ring ring = TestRings.open(8, 16);
                TcpPair pair = TcpPair.open()) {
            long buffer = arena.allocate(1).address();
            next(ring).recv(pair.server(), buffer, 1, 0).userData(7);
            assertEquals(1, ring.submit());
            assertEquals(new Completion(7, -Errno.ECANCELED, 0), cancelled(ring, 7));
            next(ring).cancel(7).userData(8);
            assertEquals(new Completion(8, -Errno.ENOENT, 0), new Completions(ring).awaitOne());
        }
    }

    @Test
    void cancellingADescriptorEndsAllItsOperations() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.CANCEL_FD);
                TcpPair pair = TcpPair.open()) {
            long buffer = arena.allocate(2).address();
            next(ring).recv(pair.server(), buffer, 1, 0).userData(1);
            next(ring).recv(pair.server(), buffer + 1, 1, 0).userData(2);
            ring.submit();
            next(ring).cancelFd(pair.server()).userData(3);
            List<Completion> completions = new Completions(ring).await(3);
            assertEquals(2, resultOf(completions, 3));
            assertEquals(-Errno.ECANCELED, resultOf(completions, 1));
            assertEquals(-Errno.ECANCELED, resultOf(completions, 2));
        }
    }

    @Test
    void aReceiveThatPollsFirstGetsItsBytes() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.POLL_FIRST);
                TcpPair pair = TcpPair.open()) {
            MemorySegment buffer = arena.allocateFrom("x");
            next(ring).recv(pair.server(), buffer.address(), 1, 0).pollFirst().userData(1);
            ring.submit();
            Linux.send(pair.client(), buffer.address(), 1, 0);
            assertEquals(1, new Completions(ring).awaitOne().result());
        }
    }

    @Test
    void aTimeoutCompletesWhenItsTimeIsOver() throws Exception {
        try (Ring ring = TestRings.open(8, 16)) {
            next(ring).timeout(timespec(10_000_000), 0, 0).userData(1);
            assertEquals(1, ring.submitAndWait(-1));
            Completion completion = new Completions(ring).awaitOne();
            assertEquals(new Completion(1, -Errno.ETIME, 0), completion);
        }
    }

    @Test
    void aTimeoutCanBeRemoved() throws Exception {
        try (Ring ring = TestRings.open(8, 16)) {
            next(ring).timeout(timespec(10_000_000_000L), 0, 0).userData(1);
            ring.submit();
            next(ring).timeoutRemove(1).userData(2);
            List<Completion> completions = new Completions(ring).await(2);
            assertEquals(-Errno.ECANCELED, resultOf(completions, 1));
            assertEquals(0, resultOf(completions, 2));
        }
    }

    @Test
    void aLinkedTimeoutCancelsWhatItIsLinkedTo() throws Exception {
        try (Ring ring = TestRings.open(8, 16);
                TcpPair pair = TcpPair.open()) {
            long buffer = arena.allocate(1).address();
            next(ring).recv(pair.server(), buffer, 1, 0).linked().userData(1);
            next(ring).linkTimeout(timespec(5_000_000), 0).userData(2);
            List<Completion> completions = new Completions(ring).await(2);
            assertEquals(-Errno.ECANCELED, resultOf(completions, 1));
            assertEquals(-Errno.ETIME, resultOf(completions, 2));
        }
    }

    @Test
    void pollsTellReadinessOnceOrAgainAndAgain() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.MULTISHOT_POLL);
                TcpPair pair = TcpPair.open()) {
            MemorySegment buffer = arena.allocateFrom("x");
            Completions completions = new Completions(ring);
            next(ring).pollMultishot(pair.server(), Linux.POLLIN).userData(1);
            assertEquals(List.of(), completions.lookFor(1));
            for (int i = 0; i < 2; i++) {
                Linux.send(pair.client(), buffer.address(), 1, 0);
                Completion completion = completions.awaitOne();
                assertEquals(Linux.POLLIN, completion.result());
                assertTrue(CqeFlags.hasMore(completion.flags()));
            }
            next(ring).pollAdd(pair.server(), Linux.POLLIN | Linux.POLLOUT).userData(2);
            assertEquals(Linux.POLLIN | Linux.POLLOUT, completions.awaitOne().result());
            next(ring).pollRemove(1).userData(3);
            List<Completion> removed = completions.await(2);
            assertEquals(-Errno.ECANCELED, resultOf(removed, 1));
            assertEquals(0, resultOf(removed, 3));
        }
    }

    @Test
    void aMessageReachesAnotherRing() throws Exception {
        try (Ring from = TestRings.openWith(RingFeature.MSG_RING);
                Ring to = TestRings.open(8, 16)) {
            next(from).msgRing(to.fd(), 42, 99, 0).userData(1);
            assertEquals(0, new Completions(from).awaitOne().result());
            assertEquals(new Completion(99, 42, 0), new Completions(to).awaitOne());
        }
    }

    @Test
    void closingGivesAllDescriptorsBack() throws Exception {
        TestRings.features();
        int before = descriptors();
        for (int i = 0; i < 50; i++) {
            Ring ring = TestRings.open(8, 16);
            next(ring).nop();
            ring.submit();
            ring.close();
            ring.close();
            assertEquals(-Errno.EBADF, ring.register(IoUring.IORING_REGISTER_PROBE, 0, 0));
        }
        assertEquals(before, descriptors());
    }

    @Test
    void aWaitingRingPollsTheDeviceForAsLongAsItWasTold() throws Exception {
        try (Ring ring = TestRings.openWith(RingFeature.NAPI);
                Arena arena = Arena.ofConfined()) {
            assertEquals(0, ring.busyPoll(50));
            next(ring).nop().userData(1);
            assertEquals(0, new Completions(ring).awaitOne().result());
            MemorySegment before = arena.allocate(16, Long.BYTES);
            int opcode = IoUring.IORING_UNREGISTER_NAPI;
            assertEquals(0, ring.register(opcode, before.address(), 1));
            assertEquals(50, before.get(ValueLayout.JAVA_INT, 0), "microseconds");
            assertEquals(1, before.get(ValueLayout.JAVA_BYTE, 4), "in place of interrupts");
        }
    }

    @Test
    void impossibleSizesAreRefused() {
        RingFeatures none = RingFeatures.none();
        assertThrows(IllegalArgumentException.class, () -> new RingOptions(0, 8, none));
        assertThrows(IllegalArgumentException.class, () -> new RingOptions(7, 8, none));
        assertThrows(IllegalArgumentException.class, () -> new RingOptions(16, 8, none));
        assertThrows(IllegalArgumentException.class, () -> new RingOptions(65536, 65536, none));
        assertThrows(IllegalArgumentException.class, () -> new RingOptions(8, 12, none));
    }

    private static void writeNopsWithBadThird(Ring ring) {
        for (int i = 0; i < 63; i++) {
            Sqe sqe = next(ring).nop().userData(i);
            if (i == 2) {
                Memory.putByte(sqe.slotAddress(), (byte) 255);
            }
        }
    }

    private static void assertThirdFailed(List<Completion> completions) {
        for (int i = 0; i < 63; i++) {
            assertEquals(i == 2 ? -Errno.EINVAL : 0, resultOf(completions, i));
        }
    }

    /// Cancels an operation and answers its own completion.
    private static Completion cancelled(Ring ring, long target) {
        next(ring).cancel(target).userData(-1);
        List<Completion> completions = new Completions(ring).await(2);
        assertEquals(0, resultOf(completions, -1));
        return completions.stream().filter(c -> c.userData() == target).findFirst().orElseThrow();
    }

    private static int resultOf(List<Completion> completions, long userData) {
        List<Completion> found =
                completions.stream().filter(c -> c.userData() == userData).toList();
        assertEquals(1, found.size(), () -> "one of " + userData + " in " + completions);
        return found.getFirst().result();
    }

    private static boolean isInOrder(List<Completion> completions, int count) {
        return LongStream.range(0, count)
                .boxed()
                .toList()
                .equals(completions.stream().map(Completion::userData).toList());
    }

    private long timespec(long nanos) {
        MemorySegment time = __kernel_timespec.allocate(arena);
        __kernel_timespec.tv_sec(time, nanos / 1_000_000_000);
        __kernel_timespec.tv_nsec(time, nanos % 1_000_000_000);
        return time.address();
    }

    private static int descriptors() {
        return new File("/proc/self/fd").list().length;
    }
}
