package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Descriptor;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.IoBuffer;
import dev.corio.core.Operation;
import dev.corio.core.RealDrivers;
import dev.corio.core.Seed;
import dev.corio.core.Task;
import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SelectTest {
    private static final Duration NEVER = Duration.ofDays(1);
    private static final int RACES = 20_000;

    /// A counter in the kernel: reading takes all of it, so what a lost read took is missing.
    private static final class Counter extends Operation implements AutoCloseable {
        private final Descriptor descriptor;
        private final IoBuffer in = IoBuffer.lease(512);
        private final IoBuffer one = IoBuffer.lease(512);

        private Counter(Descriptor descriptor) throws IOException {
            super(descriptor);
            this.descriptor = descriptor;
            buffer(in);
            // In the order of bytes of the machines that we run on.
            one.put(new byte[] {1, 0, 0, 0, 0, 0, 0, 0});
        }

        static Counter open() throws IOException {
            return new Counter(Descriptor.ofPollable(Linux.eventfd(0, Linux.EFD_CLOEXEC)));
        }

        void increment() {
            assertEquals(8, Linux.write(descriptor.fd(), one.readAddress(), 8));
        }

        int value() {
            in.advance(8);
            int value = in.at(0) & 0xff | (in.at(1) & 0xff) << 8;
            in.clear();
            return value;
        }

        @Override
        protected void prepare(Sqe sqe) {
            sqe.read(descriptor.fd(), in.writeAddress(), 8, -1);
        }

        @Override
        public String toString() {
            return "read(counter)";
        }

        @Override
        public void close() {
            descriptor.close();
            in.close();
            one.close();
        }
    }

    @Test
    void readyCaseIsAnsweredAtOnceAndTheOthersAreLeftAlone() throws Exception {
        onCore(core -> {
            LocalChannel<Integer> left = LocalChannel.bounded(1);
            LocalChannel<Integer> right = LocalChannel.bounded(1);
            right.send(7);
            Select select = Select.fair();
            Case<Integer> fromLeft = select.receive(left);
            Case<Integer> fromRight = select.receive(right);
            assertSame(fromRight, select.await());
            assertEquals(7, fromRight.value());
            left.send(8);
            assertSame(fromLeft, select.await());
            assertEquals(8, fromLeft.value());
        });
    }

    @Test
    void firstThatComesIsAnsweredAndTheOthersWaitNoMore() throws Exception {
        onCore(core -> {
            LocalChannel<Integer> left = LocalChannel.bounded(1);
            LocalChannel<Integer> right = LocalChannel.bounded(1);
            Select select = Select.fair();
            select.receive(left);
            Case<Integer> fromRight = select.receive(right);
            Task<Case<?>> waiting = core.spawn("select", select::await);
            pass();
            right.send(1);
            left.send(2);
            assertSame(fromRight, waiting.join());
            assertEquals(1, fromRight.value());
            assertEquals(2, left.tryReceive());
        });
    }

    @Test
    void itemIsSentByTheSelectOnlyWhenItIsAnswered() throws Exception {
        onCore(core -> {
            LocalChannel<Integer> full = LocalChannel.bounded(1);
            LocalEvent event = new LocalEvent();
            full.send(0);
            Select select = Select.fair();
            SendCase<Integer> sending = select.send(full, 1);
            Case<Void> happened = select.event(event);
            Task<Case<?>> first = core.spawn("select", select::await);
            pass();
            event.set();
            assertSame(happened, first.join());
            assertEquals(0, full.tryReceive());
            assertNull(full.tryReceive(), "it has been sent although it lost");
            event.reset();
            full.send(2);
            Task<Case<?>> second = core.spawn("select", select::await);
            pass();
            assertEquals(2, full.tryReceive());
            assertSame(sending, second.join());
            assertEquals(1, full.tryReceive());
        });
    }

    @Test
    void closedChannelAnswersNullToAReceiveAndRefusesASend() throws Exception {
        onCore(core -> {
            LocalChannel<Integer> channel = LocalChannel.bounded(1);
            channel.send(0);
            Select senders = Select.inOrder();
            SendCase<Integer> sending = senders.send(channel, 5);
            Task<Case<?>> sender = core.spawn("send", senders::await);
            pass();
            channel.close();
            assertSame(sending, sender.join());
            assertEquals(5, assertThrows(ClosedException.class, sending::value).unsent());
            assertSame(sending, senders.await());
            assertThrows(ClosedException.class, sending::value);
            channel.tryReceive();
            Select receivers = Select.inOrder();
            Case<Integer> receiving = receivers.receive(channel);
            assertSame(receiving, receivers.await());
            assertNull(receiving.value());
            receivers.remove(receiving);
            assertThrows(IllegalStateException.class, receivers::await);
        });
    }

    @Test
    void fairSelectAnswersEachInItsTurnAndOneInOrderTheFirst() throws Exception {
        onCore(core -> {
            int[] fair = countOf(Select.fair());
            assertEquals(100, fair[0]);
            assertEquals(100, fair[1]);
            int[] ordered = countOf(Select.inOrder());
            assertEquals(200, ordered[0]);
            assertEquals(0, ordered[1]);
        });
    }

    private static int[] countOf(Select select) throws Exception {
        LocalChannel<Integer> left = LocalChannel.bounded(1000);
        LocalChannel<Integer> right = LocalChannel.bounded(1000);
        Case<?> fromLeft = select.receive(left);
        select.receive(right);
        for (int i = 0; i < 200; i++) {
            left.send(i);
            right.send(i);
        }
        int[] counts = new int[2];
        for (int i = 0; i < 200; i++) {
            counts[select.await() == fromLeft ? 0 : 1]++;
        }
        return counts;
    }

    @Test
    void timeIsOneOfTheThings() throws Exception {
        onCore(core -> {
            Select select = Select.fair();
            Case<Void> soon = select.after(Duration.ofMillis(1));
            select.after(NEVER);
            select.receive(LocalChannel.bounded(1));
            for (int i = 0; i < 5; i++) {
                assertSame(soon, select.await());
            }
        });
    }

    @Test
    void cancellingIsOneOfTheThings() throws Exception {
        onCore(core -> {
            LocalCancellation parent = new LocalCancellation();
            Select select = Select.inOrder();
            Case<Void> cancelled = select.cancellation(parent.child());
            select.receive(LocalChannel.bounded(1));
            Task<Case<?>> selecting = core.spawn("select", () -> select.await());
            pass();
            parent.cancel();
            assertSame(cancelled, selecting.join());
            assertSame(cancelled, select.await());
        });
    }

    @Test
    void twoCasesOfOneSourceGetOneItem() throws Exception {
        onCore(core -> {
            LocalBroadcast<Integer> broadcast = new LocalBroadcast<>(4);
            LocalBroadcast.Receiver<Integer> shared = broadcast.subscribe();
            Select select = Select.inOrder();
            Case<Integer> one = select.receive(shared);
            select.receive(shared);
            Task<Case<?>> selecting = core.spawn("select", select::await);
            pass();
            Task<Integer> other = core.spawn("receive", shared::receive);
            pass();
            broadcast.send(1);
            assertSame(one, selecting.join());
            assertEquals(1, one.value());
            assertFalse(other.isDone());
            broadcast.send(2);
            assertEquals(2, other.join());
        });
    }

    @Test
    void lagIsToldByTheCase() throws Exception {
        onCore(core -> {
            LocalBroadcast<Integer> broadcast = new LocalBroadcast<>(1);
            LocalBroadcast.Receiver<Integer> receiver = broadcast.subscribe();
            broadcast.send(1);
            broadcast.send(2);
            Select select = Select.fair();
            Case<Integer> receiving = select.receive(receiver);
            assertSame(receiving, select.await());
            assertEquals(1, assertThrows(LaggedException.class, receiving::value).missed());
            select.await();
            assertEquals(2, receiving.value());
        });
    }

    @RealDrivers // eventfd
    void operationThatEndsFirstIsAnswered(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Counter counter = Counter.open()) {
                Select select = Select.fair();
                OperationCase reading = select.operation(counter);
                select.receive(LocalChannel.bounded(1));
                Task<Case<?>> selecting = core.spawn("select", select::await);
                pass();
                counter.increment();
                assertSame(reading, selecting.join());
                assertEquals(8, reading.result());
                assertEquals(1, counter.value());
                assertFalse(reading.isKept());
            }
        });
    }

    @RealDrivers // eventfd
    void operationThatLosesIsOverWhenAwaitReturns(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Counter counter = Counter.open()) {
                LocalChannel<Integer> channel = LocalChannel.bounded(1);
                Select select = Select.fair();
                OperationCase reading = select.operation(counter);
                Case<Integer> receiving = select.receive(channel);
                Task<Case<?>> selecting = core.spawn("select", select::await);
                pass();
                channel.send(1);
                assertSame(receiving, selecting.join());
                assertFalse(counter.isInFlight());
                assertFalse(reading.isKept());
            }
        });
    }

    /// The read may be done at the very moment at which the item comes: whoever wins, what was read
    /// is answered in the end, and every item too.
    @RealDrivers // eventfd
    void operationThatIsDoneAlthoughItLostIsAnsweredNext(DriverUnderTest driver) throws Exception {
        Random random = Seed.random("SelectTest");
        driver.run(core -> {
            try (Counter counter = Counter.open()) {
                LocalChannel<Integer> channel = LocalChannel.bounded(RACES);
                Select select = Select.fair();
                OperationCase reading = select.operation(counter);
                Case<Integer> receiving = select.receive(channel);
                Task<Integer> selecting =
                        core.spawn("select", () -> race(select, reading, receiving, counter));
                for (int i = 0; i < RACES; i++) {
                    if (random.nextBoolean()) {
                        counter.increment();
                        pass(random.nextInt(3));
                        channel.send(i);
                    } else {
                        channel.send(i);
                        pass(random.nextInt(3));
                        counter.increment();
                    }
                    pass(random.nextInt(4));
                }
                int kept = selecting.join();
                // epoll reads when it is asked to, so what it has not read it can call back.
                assertTrue(
                        kept > 0 || driver == DriverUnderTest.EPOLL,
                        "no read was ever done although it lost");
            }
        });
    }

    private static int race(
            Select select, OperationCase reading, Case<Integer> receiving, Counter counter)
            throws Exception {
        int read = 0;
        int received = 0;
        int kept = 0;
        while (read < RACES || received < RACES) {
            if (select.await() == reading) {
                assertEquals(8, reading.result());
                read += counter.value();
            } else {
                assertEquals(received++, receiving.value());
                kept += reading.isKept() ? 1 : 0;
            }
        }
        assertEquals(RACES, read);
        return kept;
    }

    @RealDrivers // eventfd
    void interruptCancelsTheOperationsAndAwaitsThem(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            try (Counter counter = Counter.open()) {
                Select select = Select.fair();
                OperationCase reading = select.operation(counter);
                select.after(NEVER);
                Task<?> selecting =
                        core.spawn(
                                "select",
                                () -> assertThrows(InterruptedException.class, select::await));
                pass();
                selecting.thread().interrupt();
                selecting.join();
                assertFalse(counter.isInFlight());
                counter.increment();
                assertSame(reading, select.await());
                assertEquals(1, counter.value());
            }
        });
    }

    @RealDrivers // eventfd
    void operationThatCannotBeginIsAnsweredWithTheReason(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Counter counter = Counter.open();
            Select select = Select.fair();
            OperationCase reading = select.operation(counter);
            select.after(NEVER);
            counter.close();
            assertSame(reading, select.await());
            assertThrows(IOException.class, reading::result);
        });
    }

    @Test
    void selectIsForOneTaskAtATime() throws Exception {
        onCore(core -> {
            Select select = Select.fair();
            LocalChannel<Integer> channel = LocalChannel.bounded(1);
            select.receive(channel);
            Task<Case<?>> first = core.spawn("first", select::await);
            pass();
            assertThrows(IllegalStateException.class, select::await);
            assertThrows(IllegalStateException.class, () -> select.after(NEVER));
            channel.send(1);
            first.join();
        });
    }

    private static void onCore(DriverUnderTest.Body body) throws Exception {
        DriverUnderTest.EPOLL.run(body);
    }

    private static void pass() {
        pass(4);
    }

    /// Lets the others run until they wait.
    @SuppressWarnings("ThreadPriorityCheck") // the yield lets them go on
    private static void pass(int times) {
        for (int i = 0; i < times; i++) {
            Thread.yield();
        }
    }
}
