package dev.corio.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.RingFeature;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;

/// What every driver promises ([Driver]), tried on sockets.
final class DriverContractTest {
    @EveryDriver
    void noOperationIsCompletedInline(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Request nop = Request.of(Sqe::nop);
            assertTrue(core.submit(nop));
            assertTrue(nop.isInFlight());
            while (nop.isInFlight()) {
                Core.sleep(Duration.ofMillis(1));
            }
            assertEquals(List.of(0), nop.results);
        });
    }

    @EveryDriver
    void moreOperationsThanEntriesAllComplete(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().ringEntries(8),
                core -> {
                    List<Request> requests = new ArrayList<>();
                    for (int i = 0; i < 1000; i++) {
                        Request request = Request.of(Sqe::nop);
                        requests.add(request);
                        assertTrue(core.submit(request));
                    }
                    awaitNoneInFlight(core);
                    for (Request request : requests) {
                        assertEquals(List.of(0), request.results);
                    }
                });
    }

    private static void awaitNoneInFlight(Core core) throws InterruptedException {
        while (core.stats().operationsInFlight() > 0) {
            Core.sleep(Duration.ofMillis(1));
        }
    }

    @EveryDriver
    void fullTableRefusesAndRecovers(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.options().operationsMax(4),
                core -> {
                    try (Pair pair = Pair.open()) {
                        List<Request> receives = new ArrayList<>();
                        for (int i = 0; i < 4; i++) {
                            Request receive =
                                    Request.of(sqe -> sqe.pollAdd(pair.left.fd(), Linux.POLLIN));
                            assertTrue(core.submit(receive));
                            receives.add(receive);
                        }
                        assertFalse(core.submit(Request.of(Sqe::nop)));
                        IOException refused =
                                assertThrows(
                                        IOException.class, () -> core.await(Request.of(Sqe::nop)));
                        assertTrue(
                                refused.getMessage().contains("operationsMax"),
                                refused.getMessage());
                        receives.forEach(core::cancel);
                        awaitNoneInFlight(core);
                        assertEquals(0, core.await(Request.of(Sqe::nop)));
                    }
                });
    }

    @EveryDriver
    void bytesArriveAsTheyWereSent(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer out = IoBuffer.lease();
                    IoBuffer in = IoBuffer.lease()) {
                byte[] bytes = "a byte through the ring".getBytes(UTF_8);
                out.put(bytes);
                assertEquals(bytes.length, core.await(send(pair.left, out)));
                int count = core.await(receive(pair.right, in));
                assertArrayEquals(bytes, in.advance(count).getAll());
            }
        });
    }

    @EveryDriver
    void receiveWaitsUntilBytesCome(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer out = IoBuffer.lease();
                    IoBuffer in = IoBuffer.lease()) {
                Task<Integer> reader =
                        core.spawn("reader", () -> core.await(receive(pair.right, in)));
                Core.sleep(Duration.ofMillis(5));
                assertFalse(reader.isDone());
                core.await(send(pair.left, out.put((byte) 1)));
                assertEquals(1, reader.join());
            }
        });
    }

    @EveryDriver
    void sendOfAllGoesOnUntilTheReaderHasTakenIt(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            int size = 8 << 20;
            try (Pair pair = Pair.open();
                    IoBuffer out = IoBuffer.lease(size);
                    IoBuffer in = IoBuffer.lease()) {
                out.advance(size);
                Request send =
                        Request.on(
                                pair.left,
                                sqe ->
                                        sqe.send(
                                                pair.left.fd(),
                                                out.readAddress(),
                                                out.readableBytes(),
                                                Linux.MSG_NOSIGNAL | Linux.MSG_WAITALL));
                send.buffer(out);
                Task<Integer> writer = core.spawn("writer", () -> core.await(send));
                int total = 0;
                while (total < size) {
                    total += core.await(receive(pair.right, in));
                }
                assertEquals(size, writer.join());
                assertEquals(size, total);
            }
        });
    }

    @EveryDriver
    void endOfInputIsZero(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                core.sockets().shutdown(pair.left.fd(), Linux.SHUT_WR);
                assertEquals(0, core.await(receive(pair.right, in)));
                assertEquals(0, core.await(receive(pair.right, in)));
            }
        });
    }

    @EveryDriver
    void endOfInputAfterBytesIsSeen(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer out = IoBuffer.lease();
                    IoBuffer in = IoBuffer.lease()) {
                Task<Integer> reader =
                        core.spawn(
                                "reader",
                                () ->
                                        core.await(receive(pair.right, in))
                                                + core.await(receive(pair.right, in)));
                Core.sleep(Duration.ofMillis(2));
                core.await(send(pair.left, out.put((byte) 1)));
                core.sockets().shutdown(pair.left.fd(), Linux.SHUT_WR);
                assertEquals(1, reader.join(), "one byte, then the end");
            }
        });
    }

    @EveryDriver
    void errorsAreInTheKernelsDialect(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Request bad = Request.of(sqe -> sqe.recv(-1, 0, 0, 0));
            SyscallException failure = assertThrows(SyscallException.class, () -> core.await(bad));
            assertEquals(Errno.EBADF, failure.errno());
            assertEquals(-Errno.EBADF, bad.result());
        });
    }

    @EveryDriver
    void cancelledOperationCompletesOnceAndTheDescriptorGoesOn(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer out = IoBuffer.lease();
                    IoBuffer in = IoBuffer.lease()) {
                Request receive = receive(pair.right, in);
                core.submit(receive);
                Core.sleep(Duration.ofMillis(1));
                core.cancel(receive);
                core.cancel(receive);
                assertTrue(receive.isInFlight(), "completed inline");
                while (receive.isInFlight()) {
                    Core.sleep(Duration.ofMillis(1));
                }
                assertEquals(List.of(-Errno.ECANCELED), receive.results);
                core.await(send(pair.left, out.put((byte) 9)));
                assertEquals(1, core.await(receive(pair.right, in)));
            }
        });
    }

    @EveryDriver
    void cancelBeforeTheKernelHasSeenTheRequestWorks(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                Request receive = receive(pair.right, in);
                core.submit(receive);
                core.cancel(receive);
                while (receive.isInFlight()) {
                    Core.sleep(Duration.ofMillis(1));
                }
                assertEquals(List.of(-Errno.ECANCELED), receive.results);
            }
        });
    }

    @EveryDriver
    void interruptCancelsAndKeepsTheInterrupt(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                Task<Boolean> reader =
                        core.spawn(
                                "reader",
                                () -> {
                                    assertThrows(
                                            InterruptedIOException.class,
                                            () -> core.await(receive(pair.right, in)));
                                    return Thread.currentThread().isInterrupted();
                                });
                Core.sleep(Duration.ofMillis(2));
                reader.thread().interrupt();
                assertTrue(reader.join());
                assertFalse(in.isInFlight());
            }
        });
    }

    @EveryDriver
    void interruptFromAnotherThreadReachesASleepingCore(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                Task<Integer> reader =
                        core.spawn("reader", () -> core.await(receive(pair.right, in)));
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                Thread.sleep(20);
                            } catch (InterruptedException e) {
                                throw new AssertionError(e);
                            }
                            reader.cancel();
                        });
                assertThrows(CancellationException.class, reader::join);
            }
        });
    }

    @EveryDriver
    void timeoutCancels(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                long begin = core.nanoTime();
                assertThrows(
                        SocketTimeoutException.class,
                        () -> core.await(receive(pair.right, in), Duration.ofMillis(20)));
                assertTrue(core.nanoTime() - begin >= 20_000_000, "came back too early");
            }
        });
    }

    @EveryDriver
    void closingEndsWhatIsInFlightFirst(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease();
                    IoBuffer peer = IoBuffer.lease()) {
                Task<Integer> reader =
                        core.spawn("reader", () -> core.await(receive(pair.right, in)));
                Core.sleep(Duration.ofMillis(2));
                pair.right.close();
                assertFalse(in.isInFlight(), "closed while the driver holds a buffer");
                ExecutionException failure = assertThrows(ExecutionException.class, reader::join);
                assertInstanceOf(AsynchronousCloseException.class, failure.getCause());
                assertEquals(0, core.await(receive(pair.left, peer)), "the peer sees the end");
            }
        });
    }

    @EveryDriver
    void readinessIsReportedWithoutTakingBytes(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer out = IoBuffer.lease();
                    IoBuffer in = IoBuffer.lease()) {
                for (int i = 0; i < 3; i++) {
                    Task<Integer> waiter =
                            core.spawn(
                                    "waiter",
                                    () ->
                                            core.await(
                                                    Request.on(
                                                            pair.right,
                                                            sqe ->
                                                                    sqe.pollAdd(
                                                                            pair.right.fd(),
                                                                            Linux.POLLIN))));
                    Core.sleep(Duration.ofMillis(2));
                    assertFalse(waiter.isDone());
                    core.await(send(pair.left, out.clear().put((byte) i)));
                    assertEquals(Linux.POLLIN, waiter.join() & Linux.POLLIN);
                    assertEquals(1, core.await(receive(pair.right, in.clear())));
                }
            }
        });
    }

    @EveryDriver
    void driverPicksABufferWhenBytesCome(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(2),
                core -> {
                    try (Pair pair = Pair.open();
                            IoBuffer out = IoBuffer.lease()) {
                        for (int round = 0; round < 10; round++) {
                            Request receive = select(core, pair.right);
                            core.submit(receive);
                            core.await(send(pair.left, out.clear().put((byte) round)));
                            while (receive.isInFlight()) {
                                Core.sleep(Duration.ofMillis(1));
                            }
                            assertTrue(CqeFlags.hasBuffer(receive.flags));
                            try (IoBuffer picked =
                                    core.picked(
                                            core.buffers().unleased(),
                                            receive.flags,
                                            receive.result())) {
                                assertEquals(round, picked.get());
                            }
                        }
                    }
                });
    }

    @EveryDriver
    void emptyGroupSaysSoAndRecovers(DriverUnderTest driver) throws Exception {
        driver.run(
                driver.optionsWithWholeBuffers().groupBuffers(1),
                core -> {
                    try (Pair pair = Pair.open();
                            IoBuffer out = IoBuffer.lease()) {
                        core.await(send(pair.left, out.put((byte) 1)));
                        Request first = select(core, pair.right);
                        core.await(first);
                        IoBuffer picked =
                                core.picked(core.buffers().unleased(), first.flags, first.result());
                        core.await(send(pair.left, out.clear().put((byte) 2)));
                        Request second = select(core, pair.right);
                        assertEquals(
                                Errno.ENOBUFS,
                                assertThrows(SyscallException.class, () -> core.await(second))
                                        .errno());
                        picked.close();
                        assertEquals(1, core.await(second), "the byte was not lost");
                        core.picked(core.buffers().unleased(), second.flags, 1).close();
                    }
                });
    }

    @EveryDriver
    void multishotAcceptServesManyConnections(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            assumeTrue(
                    core.supports(RingFeature.MULTISHOT_ACCEPT), "kernel without multishot accept");
            try (LoopbackListener listener = LoopbackListener.open()) {
                Request accept =
                        Request.on(
                                listener.descriptor,
                                sqe ->
                                        sqe.acceptMultishot(
                                                listener.descriptor.fd(), Linux.SOCK_CLOEXEC));
                core.submit(accept);
                List<Descriptor> clients = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    clients.add(listener.connect());
                }
                Core.sleep(Duration.ofMillis(20));
                assertEquals(100, accept.results.size());
                assertTrue(accept.isInFlight());
                for (int fd : accept.results) {
                    assertTrue(fd >= 0, "accepted " + fd);
                    if (driver != DriverUnderTest.SIMULATED) {
                        int flags = Linux.fcntl(fd, Linux.F_GETFD, 0);
                        assertEquals(Linux.FD_CLOEXEC, flags & Linux.FD_CLOEXEC);
                    }
                    core.sockets().close(fd);
                }
                clients.forEach(Descriptor::close);
            }
        });
    }

    /// What the kernel says of it depends on its age. Today's waits on each file that is
    /// O_NONBLOCK, and can be made to say what older ones do by a flag of the request.
    @RealDrivers // a simulated kernel knows no such files
    void fileThatSomebodyMadeNonblockingIsAwaitedAllTheSame(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease();
                    IoBuffer out = IoBuffer.lease()) {
                int fd = pair.left.fd();
                Linux.fcntl(fd, Linux.F_SETFL, Linux.O_NONBLOCK);
                for (int flags : new int[] {0, Linux.MSG_DONTWAIT}) {
                    Request receive =
                            Request.on(
                                    pair.left,
                                    sqe ->
                                            sqe.recv(
                                                    fd,
                                                    in.writeAddress(),
                                                    in.writableBytes(),
                                                    flags));
                    receive.buffer(in);
                    Task<Integer> receiving = core.spawn("receives", () -> core.await(receive));
                    Core.sleep(Duration.ofMillis(5));
                    assertFalse(receiving.isDone(), "nothing is there yet");
                    Pair.send(pair.right, out.put((byte) 1));
                    assertEquals(flags == 0 ? 1 : 2, receiving.join());
                }
            }
        });
    }

    @RealDrivers
    void nonblockingFileIsAwaitedUntilItCanBeWrittenToAndAfterThat(DriverUnderTest driver)
            throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer out = IoBuffer.lease(1 << 20)) {
                int fd = pair.left.fd();
                out.put(new byte[1 << 20]);
                int sent = 0;
                int before;
                do {
                    before = sent;
                    for (int n = 0; n >= 0; n = sendNow(fd, out)) {
                        sent += n;
                    }
                    // The other side says some 40 ms later that it has it, and that makes room.
                    Core.sleep(Duration.ofMillis(100));
                } while (sent > before);
                Request send =
                        Request.on(
                                pair.left,
                                sqe -> sqe.send(fd, out.readAddress(), 1000, Linux.MSG_DONTWAIT));
                send.buffer(out);
                Task<Integer> sending = core.spawn("sends", () -> core.await(send));
                Core.sleep(Duration.ofMillis(5));
                assertFalse(sending.isDone(), "there is no room yet");
                Task<Void> draining = core.spawn("drains", () -> drain(core, pair.right));
                int last = sending.join();
                assertTrue(last > 0);
                pair.left.close();
                draining.join();
                assertTrue(sent > 0);
            }
        });
    }

    private static int sendNow(int fd, IoBuffer out) {
        int flags = Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL;
        return Linux.send(fd, out.readAddress(), out.readableBytes(), flags);
    }

    private static void drain(Core core, Descriptor from) throws IOException {
        try (IoBuffer in = IoBuffer.lease(1 << 20)) {
            Request receive =
                    Request.on(
                            from,
                            sqe -> sqe.recv(from.fd(), in.writeAddress(), in.writableBytes(), 0));
            receive.buffer(in);
            while (core.await(receive) > 0) {
                in.clear();
            }
        }
    }

    @RealDrivers
    void waitForANonblockingFileCanBeCancelled(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Pair pair = Pair.open();
                    IoBuffer in = IoBuffer.lease()) {
                Request receive =
                        Request.on(
                                pair.left,
                                sqe ->
                                        sqe.recv(
                                                pair.left.fd(),
                                                in.writeAddress(),
                                                in.writableBytes(),
                                                Linux.MSG_DONTWAIT));
                receive.buffer(in);
                for (int turns = 0; turns < 6; turns++) {
                    // In each of the states: not submitted, asked, polled.
                    assertTrue(core.submit(receive));
                    Turns.pass(core, turns);
                    core.cancel(receive);
                    awaitNoneInFlight(core);
                    assertEquals(-Errno.ECANCELED, receive.result(), "after " + turns);
                }
                Task<Integer> receiving = core.spawn("receives", () -> core.await(receive));
                Turns.pass(core, 5);
                receiving.cancel();
                assertThrows(CancellationException.class, receiving::join);
            }
        });
    }

    /// The counter has room for a little, so polls call it writable, but not for as much as this.
    @RealDrivers
    void fileThatIsReadyAndIsNotMakesNobodySpin(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Descriptor counter = nearlyEmptyCounter();
            try (IoBuffer most = IoBuffer.lease().putLong(Long.reverseBytes(-2))) {
                Request write = Request.on(counter, sqe -> writeCount(sqe, counter, most));
                write.buffer(most);
                assertTrue(core.submit(write));
                Core.sleep(Duration.ofMillis(20));
                long before = core.stats().submissions() + core.stats().systemCalls();
                long beganNanos = System.nanoTime();
                Core.sleep(Duration.ofMillis(50));
                long asked = core.stats().submissions() + core.stats().systemCalls() - before;
                long millis = 1 + (System.nanoTime() - beganNanos) / 1_000_000;
                assertTrue(asked < 10 * millis, asked + " calls in " + millis + " ms");
                assertTrue(write.isInFlight());
                core.cancel(write);
                awaitNoneInFlight(core);
                assertEquals(-Errno.ECANCELED, write.result());
            }
            counter.close();
        });
    }

    @RealDrivers
    void requestThatRestsGoesOnWhenItsFileIsReadyIndeed(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Descriptor counter = nearlyEmptyCounter();
            try (IoBuffer most = IoBuffer.lease().putLong(Long.reverseBytes(-2));
                    IoBuffer in = IoBuffer.lease()) {
                Request write = Request.on(counter, sqe -> writeCount(sqe, counter, most));
                write.buffer(most);
                assertTrue(core.submit(write));
                Core.sleep(Duration.ofMillis(20));
                Request read =
                        Request.on(counter, sqe -> sqe.read(counter.fd(), in.writeAddress(), 8, 0));
                read.buffer(in);
                assertEquals(8, core.await(read));
                awaitNoneInFlight(core);
                assertEquals(8, write.result());
            }
            counter.close();
        });
    }

    private static Descriptor nearlyEmptyCounter() {
        return Descriptor.ofPollable(Linux.eventfd(1, Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK));
    }

    private static void writeCount(Sqe sqe, Descriptor counter, IoBuffer count) {
        sqe.write(counter.fd(), count.readAddress(), Long.BYTES, 0);
    }

    @EveryDriver
    void staleCompletionIsCountedAndNotObeyed(DriverUnderTest driver) throws Exception {
        driver.options();
        InFlight table = new InFlight(4);
        Request request = Request.of(Sqe::nop);
        long first = table.add(request);
        table.remove(first);
        long second = table.add(request);
        assertEquals(InFlight.slot(first), InFlight.slot(second), "the slot was given on");
        assertEquals(null, table.find(first));
        assertEquals(request, table.find(second));
    }

    @EveryDriver
    void closingACoreCancelsAndDrains(DriverUnderTest driver) throws Exception {
        int before = DriverUnderTest.openFiles();
        Task<Integer> reader;
        Request loose;
        try (Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            loose =
                    core.spawn(
                                    "setup",
                                    () -> {
                                        Pair pair = Pair.open();
                                        IoBuffer in = IoBuffer.lease();
                                        Request request = receive(pair.left, in);
                                        core.submit(request);
                                        return request;
                                    })
                            .join();
            reader =
                    core.spawn(
                            "reader",
                            () -> {
                                try (Pair pair = Pair.open();
                                        IoBuffer in = IoBuffer.lease()) {
                                    return core.await(receive(pair.right, in));
                                }
                            });
        }
        assertThrows(CancellationException.class, reader::join);
        assertFalse(loose.isInFlight(), "the core ended with an operation in flight");
        assertEquals(before, DriverUnderTest.openFiles());
    }

    @EveryDriver
    void wakingAnAwakeCoreCostsNoSystemCall(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            long before = core.stats().wakeups();
            Thread producer =
                    Thread.ofPlatform()
                            .start(() -> {
                                for (int i = 0; i < 1000; i++) {
                                    core.execute(() -> {});
                                }
                            });
            // Never suspends, so the core is awake all the time.
            while (producer.isAlive()) {
                Thread.onSpinWait();
            }
            assertEquals(before, core.stats().wakeups());
        });
    }

    private static Request send(Descriptor to, IoBuffer from) {
        Request send =
                Request.on(
                        to,
                        sqe ->
                                sqe.send(
                                        to.fd(),
                                        from.readAddress(),
                                        from.readableBytes(),
                                        Linux.MSG_NOSIGNAL));
        send.buffer(from);
        return send;
    }

    private static Request receive(Descriptor from, IoBuffer into) {
        Request receive =
                Request.on(
                        from,
                        sqe -> sqe.recv(from.fd(), into.writeAddress(), into.writableBytes(), 0));
        receive.buffer(into);
        return receive;
    }

    private static Request select(Core core, Descriptor from) {
        return Request.on(from, sqe -> sqe.recvSelect(from.fd(), 0, 0, core.bufferGroup()));
    }
}
