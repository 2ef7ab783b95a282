package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.uring.Sqe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class InFlightTest {
    @Test
    void findsWhatIsThereAndNothingThatWasRemoved() {
        Random random = Seed.random("InFlightTest");
        InFlight table = new InFlight(3000);
        Map<Long, Operation> present = new HashMap<>();
        List<Long> keys = new ArrayList<>();
        Set<Long> gone = new HashSet<>();
        for (int round = 0; round < 100_000; round++) {
            boolean adds = !table.isFull() && (keys.isEmpty() || random.nextInt(100) < 52);
            if (adds) {
                Operation operation = Request.of(Sqe::nop);
                long userData = table.add(operation);
                assertFalse(gone.contains(userData), "given out twice");
                assertNull(present.put(userData, operation));
                keys.add(userData);
            } else {
                int index = random.nextInt(keys.size());
                long userData = keys.set(index, keys.getLast());
                keys.removeLast();
                assertSame(present.remove(userData), table.find(userData));
                table.remove(userData);
                gone.add(userData);
                assertNull(table.find(userData));
            }
            assertEquals(present.size(), table.count());
        }
        present.forEach((userData, operation) -> assertSame(operation, table.find(userData)));
        gone.forEach(userData -> assertNull(table.find(userData)));
    }

    @Test
    void growsToItsLimitAndNoFurther() {
        InFlight table = new InFlight(1500);
        List<Long> keys = new ArrayList<>();
        while (!table.isFull()) {
            keys.add(table.add(Request.of(Sqe::nop)));
        }
        assertEquals(1500, keys.size());
        assertEquals(1500, new HashSet<>(keys).size());
        assertEquals(1500, table.slots());
        table.remove(keys.getFirst());
        assertFalse(table.isFull());
    }

    @Test
    void userDataLeavesTheBitsOfTheDriverAlone() {
        InFlight table = new InFlight(1);
        Operation operation = Request.of(Sqe::nop);
        long last = -1;
        for (int i = 0; i < 100_000; i++) {
            long userData = table.add(operation);
            assertNotEquals(last, userData);
            assertTrue(userData >= 0 && userData < InFlight.CONTROL, "uses a bit of the driver");
            table.remove(userData);
            last = userData;
        }
    }

    /// A slot is given out more than a billion times in a day of a busy core.
    @Test
    void handlesStartAgainWhenTheyAreUsedUp() {
        InFlight table = new InFlight(1, InFlight.GENERATION_MASK - 1);
        Operation operation = Request.of(Sqe::nop);
        List<Long> gone = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            long userData = table.add(operation);
            assertTrue(userData >= 0 && userData < InFlight.CONTROL, "uses a bit of the driver");
            assertSame(operation, table.find(userData));
            gone.forEach(each -> assertNull(table.find(each)));
            table.remove(userData);
            gone.add(userData);
        }
        assertEquals(4, new HashSet<>(gone).size());
        assertTrue(gone.contains(0L), "did not start again");
    }

    @Test
    void whatWasNeverGivenOutIsNotFound() {
        InFlight table = new InFlight(4);
        assertNull(table.find(0));
        assertNull(table.find(-1));
        assertNull(table.find(4));
        assertNull(table.find(Long.MAX_VALUE));
        assertNull(table.find(InFlight.CONTROL));
    }
}
