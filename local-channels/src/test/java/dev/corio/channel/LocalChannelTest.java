package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.Cores;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.Task;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Corners that the model of a channel does not come to.
final class LocalChannelTest {
    @Test
    void consumerThatSendsWhileItDrainsOvertakesNobody() throws Exception {
        onCore(core -> {
            LocalChannel<String> channel = LocalChannel.bounded(1);
            channel.send("queued");
            Task<?> sender = core.spawn("send", () -> channel.send("waits"));
            pass();
            List<Boolean> sent = new ArrayList<>();
            channel.drain(item -> sent.add(channel.trySend("overtakes")), 1);
            assertEquals(List.of(false), sent);
            assertEquals("waits", channel.receive());
            sender.join();
        });
    }

    /// Both ends in one select: an item must not go in a circle, and be answered as sent only.
    @Test
    void selectOfBothEndsSendsOrReceivesButNotBoth() throws Exception {
        onCore(core -> {
            LocalChannel<String> channel = LocalChannel.bounded(1);
            LocalChannel.Slot<String> slot = channel.reserve();
            Select select = Select.fair();
            Case<String> received = select.receive(channel);
            Case<String> sent = select.send(channel, "item");
            Task<Case<?>> selecting = core.spawn("select", () -> select.await());
            pass();
            slot.close();
            assertSame(sent, selecting.join());
            assertEquals("item", channel.tryReceive());
            assertNull(received.value());
        });
    }

    @Test
    void nullIsRefusedWhereItWouldBeTakenForTheEnd() throws Exception {
        onCore(core -> {
            LocalChannel<String> channel = LocalChannel.bounded(1);
            CrossCoreChannel<String> crossing = CrossCoreChannel.mpsc(core, 4);
            LocalOneshot<String> oneshot = new LocalOneshot<>();
            List<Executable> sends =
                    List.of(
                            () -> channel.send(null),
                            () -> channel.trySend(null),
                            () -> oneshot.send(null),
                            () -> new LocalWatch<>("").set(null),
                            () -> new LocalBroadcast<>(1).send(null),
                            () -> new LocalOnce<>().get(() -> null),
                            () -> crossing.send(null),
                            () -> crossing.trySend(null),
                            () -> crossing.sendMany(new String[1], 0, 1));
            for (Executable send : sends) {
                NullPointerException e = assertThrows(NullPointerException.class, send);
                assertTrue(e.getMessage().startsWith("null is never"), e.getMessage());
            }
            try (LocalChannel.Slot<String> slot = channel.reserve()) {
                assertThrows(NullPointerException.class, () -> slot.send(null));
            }
            assertTrue(channel.trySend("there is room"));
            oneshot.send("not sent before");
            assertEquals(0, crossing.size());
        });
    }

    @Test
    void secondItemOfAOneshotIsAMistakeEvenAfterTheFirstWasReceived() throws Exception {
        onCore(core -> {
            LocalOneshot<Integer> oneshot = new LocalOneshot<>();
            oneshot.send(1);
            assertEquals(1, oneshot.receive());
            IllegalStateException e =
                    assertThrows(IllegalStateException.class, () -> oneshot.send(2));
            assertFalse(e instanceof ClosedException, e.toString());
        });
    }

    /// Threads that a task has left behind still run while their core closes: what is handed to one
    /// of them is not lost because it is also told to end.
    @Test
    void itemThatMeetsTheClosingOfTheCoreIsReceivedOrLeft() throws Exception {
        List<Object> ends = new ArrayList<>();
        List<LocalChannel<Integer>> channels = new ArrayList<>();
        onCore(core -> {
            LocalChannel<Integer> channel = LocalChannel.bounded(1);
            channels.add(channel);
            LocalEvent never = new LocalEvent();
            Thread.ofVirtual()
                    .start(() -> {
                        assertThrows(InterruptedException.class, never::await);
                        ends.add(channel.trySend(7));
                    });
            pass();
            Thread.ofVirtual()
                    .start(() -> {
                        assertThrows(InterruptedException.class, never::await);
                        ends.add(Crew.outcomeOf(channel::receive));
                    });
            pass();
        });
        assertEquals(2, ends.size());
        assertTrue(ends.contains(true), ends.toString());
        assertTrue(
                ends.contains(7) || channels.getFirst().size() == 1,
                () -> "the item is nowhere: " + ends);
    }

    private static void onCore(DriverUnderTest.Body body) throws Exception {
        try (var cores = Cores.start(DriverUnderTest.EPOLL.options())) {
            Core core = cores.core(0);
            core.spawn("test", () -> body.run(core)).join();
        }
    }

    /// Lets the others run until they wait.
    @SuppressWarnings("ThreadPriorityCheck") // the yield lets them go on
    private static void pass() {
        for (int i = 0; i < 4; i++) {
            Thread.yield();
        }
    }
}
