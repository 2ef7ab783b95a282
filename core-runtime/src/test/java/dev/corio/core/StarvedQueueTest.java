package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Errno;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StarvedQueueTest {
    private static final int BUFFER_BYTES = 1024;

    private final StarvedQueue starved = new StarvedQueue();
    private final BufferPicks group = new BufferPicks(4);
    private final List<Operation> fed = new ArrayList<>();
    private final List<Long> told = new ArrayList<>();

    private Request starve(long userData) {
        Request request = Request.of(sqe -> {});
        request.userData = userData;
        starved.add(request);
        return request;
    }

    private void provide(int bufferId) {
        group.provide(bufferId, (long) bufferId * BUFFER_BYTES, BUFFER_BYTES);
    }

    private int passTurns(int turns) {
        int count = 0;
        for (int i = 0; i < turns; i++) {
            count +=
                    starved.passTurn((userData, result, flags) -> {
                        assertEquals(-Errno.ENOBUFS, result);
                        told.add(userData);
                    });
        }
        return count;
    }

    @Test
    void theLongestStarvedGetTheBuffersThatComeBack() {
        Request first = starve(1);
        Request second = starve(2);
        Request third = starve(3);
        starved.feed(group, fed::add);
        assertEquals(List.of(), fed);
        provide(0);
        provide(1);
        starved.feed(group, fed::add);
        assertEquals(List.of(first, second), fed);
        assertEquals(1, first.picked);
        assertEquals(0, second.picked);
        assertEquals(BufferPicks.NONE, third.picked);
        assertTrue(starved.is(third.queue));
    }

    @Test
    void whenNoneComesBackAllAreToldInTheirOrder() {
        starve(1);
        assertEquals(0, passTurns(StarvedQueue.TURNS_MAX - 1));
        starve(2);
        assertEquals(2, passTurns(1));
        assertEquals(List.of(1L, 2L), told);
        assertTrue(starved.isEmpty());
        assertEquals(0, passTurns(StarvedQueue.TURNS_MAX));
    }

    @Test
    void aBufferForOneGivesTheOthersTheirTurnsAgain() {
        starve(1);
        starve(2);
        passTurns(StarvedQueue.TURNS_MAX - 1);
        provide(0);
        starved.feed(group, fed::add);
        assertEquals(0, passTurns(StarvedQueue.TURNS_MAX - 1));
        assertEquals(1, passTurns(1));
        assertEquals(List.of(2L), told);
    }

    @Test
    void oneThatIsCancelledTakesNone() {
        starve(1);
        Request cancelled = starve(2);
        Request last = starve(3);
        cancelled.queue.remove(cancelled);
        provide(0);
        provide(1);
        starved.feed(group, fed::add);
        assertEquals(2, fed.size());
        assertEquals(last, fed.getLast());
        assertEquals(BufferPicks.NONE, cancelled.picked);
    }
}
