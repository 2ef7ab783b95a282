package dev.corio.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class EpollEventsTest {
    @Test
    void eventsAreLaidOutAsTheCompilerDoesIt() throws Exception {
        String size = "sizeof(struct epoll_event)";
        String data = "offsetof(struct epoll_event, data)";
        CProgram.Answers answers = CProgram.evaluate(List.of(size, data));
        assertEquals(answers.values().get(size), EpollEvents.EVENT_BYTES);
        assertEquals(answers.values().get(data), EpollEvents.DATA);
    }

    @Test
    void eventsAreReadFromTheirOwnPlace() {
        try (Arena arena = Arena.ofConfined()) {
            EpollEvents events = EpollEvents.allocate(arena, 3);
            for (int i = 0; i < events.capacity(); i++) {
                long event = events.address() + (long) i * EpollEvents.EVENT_BYTES;
                Memory.putInt(event, 10 + i);
                Memory.putLong(event + EpollEvents.DATA, Long.MIN_VALUE + i);
            }
            for (int i = 0; i < events.capacity(); i++) {
                assertEquals(10 + i, events.events(i));
                assertEquals(Long.MIN_VALUE + i, events.data(i));
            }
        }
    }

    @Test
    void anEmptyArrayIsRefused() {
        try (Arena arena = Arena.ofConfined()) {
            assertThrows(IllegalArgumentException.class, () -> EpollEvents.allocate(arena, 0));
        }
    }

    @Test
    void anIndexOutsideIsRefused() {
        try (Arena arena = Arena.ofConfined()) {
            EpollEvents events = EpollEvents.allocate(arena, 2);
            assertThrows(AssertionError.class, () -> events.data(2));
            assertThrows(AssertionError.class, () -> events.data(-1));
        }
    }
}
