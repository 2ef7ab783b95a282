package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import dev.corio.linux.SyscallException;
import dev.corio.uring.CqeFlags;
import dev.corio.uring.Ring;
import dev.corio.uring.RingFeature;
import dev.corio.uring.RingFeatures;
import dev.corio.uring.RingOptions;
import dev.corio.uring.Sqe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// On a ring of the test's own, whose kernel says which buffer it picked, or that there is none.
final class BufferSupplyTest {
    private static final int GROUP = 1;
    private static final int BUFFERS = 4 * BufferSupply.WANTED_MIN;
    private static final int NONE = -1;

    private interface Body {
        void run(Picking picking) throws Exception;
    }

    /// A connection that always has a byte to be received into a buffer of a byte.
    private static final class Picking {
        private final Ring ring;
        private final BufferSupply supply;
        private final Pair pair;
        private final MemorySegment memory;
        private int picked;

        Picking(Ring ring, BufferSupply supply, Pair pair, MemorySegment memory) {
            this.ring = ring;
            this.supply = supply;
            this.pair = pair;
            this.memory = memory;
            sendByte();
            for (int id = 0; id < BUFFERS; id++) {
                provide(id);
            }
            supply.passTurn();
        }

        private void provide(int id) {
            supply.provide(id, memory.address() + id, 1);
        }

        /// The buffer that the kernel picks for the next byte.
        private int pick() {
            Sqe sqe = ring.submissions().next();
            assertNotNull(sqe);
            sqe.recvSelect(pair.right.fd(), 0, 0, GROUP).userData(1);
            assertTrue(ring.submitAndWait(-1) >= 0);
            assertEquals(1, ring.completions().drain(this::onCompletion, 1));
            if (picked != NONE) {
                sendByte();
            }
            return picked;
        }

        private void onCompletion(long userData, int result, int flags) {
            if (result == -Errno.ENOBUFS) {
                supply.starved();
                picked = NONE;
            } else {
                assertEquals(1, result);
                supply.picked(flags);
                picked = CqeFlags.bufferId(flags);
            }
        }

        /// Until there is none.
        private List<Integer> pickAll() {
            List<Integer> all = new ArrayList<>();
            for (int id = pick(); id != NONE; id = pick()) {
                all.add(id);
            }
            return all;
        }

        private void sendByte() {
            assertEquals(1, Linux.send(pair.left.fd(), memory.address(), 1, 0));
        }
    }

    private static void run(Body body) throws Exception {
        run("", body);
    }

    private static void run(String lacking, Body body) throws Exception {
        DriverUnderTest driver = DriverUnderTest.IO_URING;
        String mask = driver.options().featureMask();
        driver.run(core -> {
            RingFeatures features = RingFeatures.probe().masked(mask + ",-PBUF_INC," + lacking);
            assumeTrue(features.has(RingFeature.PBUF_RING), "no PBUF_RING here");
            assumeTrue(
                    features.has(RingFeature.DEFER_TASKRUN) || lacking.equals("-DEFER_TASKRUN"),
                    "no DEFER_TASKRUN here");
            try (Pair pair = Pair.open();
                    Arena arena = Arena.ofConfined()) {
                run(body, features, pair, arena.allocate(BUFFERS));
            }
        });
    }

    private static void run(Body body, RingFeatures features, Pair pair, MemorySegment memory)
            throws Exception {
        try (Ring ring = open(features);
                BufferSupply supply = new BufferSupply(ring, GROUP, BUFFERS)) {
            body.run(new Picking(ring, supply, pair, memory));
        }
    }

    private static Ring open(RingFeatures features) throws SyscallException {
        return Ring.open(new RingOptions(8, 16, features));
    }

    @Test
    void theKernelHasTwiceAsManyWhenItFindsNone() throws Exception {
        run(picking -> {
            for (int wanted = BufferSupply.WANTED_MIN; wanted <= BUFFERS; wanted *= 2) {
                List<Integer> picked = picking.pickAll();
                assertEquals(wanted, picked.size());
                // However many find none in a turn.
                assertEquals(NONE, picking.pick());
                picked.forEach(picking::provide);
                picking.supply.passTurn();
            }
            assertEquals(BUFFERS, picking.pickAll().size(), "there are no more");
        });
    }

    @Test
    void itHasHalfWhenItHasNotUsedThatForLong() throws Exception {
        run(picking -> {
            picking.pickAll().forEach(picking::provide);
            picking.supply.passTurn();
            for (int i = 0; i < 2 * BufferSupply.WINDOW_TURNS; i++) {
                picking.supply.passTurn();
            }
            // What it has it keeps; of what it picks it gets less back.
            for (int i = 0; i < 2 * BufferSupply.WANTED_MIN; i++) {
                picking.provide(picking.pick());
            }
            picking.supply.passTurn();
            assertEquals(BufferSupply.WANTED_MIN, picking.pickAll().size());
        });
    }

    @Test
    void whatWasReleasedLastGoesBackFirst() throws Exception {
        run(picking -> {
            for (int i = 0; i < BUFFERS; i++) {
                int id = picking.pick();
                assertTrue(id >= BUFFERS - BufferSupply.WANTED_MIN, "a cold one: " + id);
                picking.provide(id);
                picking.supply.passTurn();
            }
        });
    }

    /// The kernel may pick before the next turn.
    @Test
    void withoutDeferTaskrunTheKernelHasAllAndEachAtOnce() throws Exception {
        run(
                "-DEFER_TASKRUN",
                picking -> {
                    for (int round = 0; round < 2; round++) {
                        List<Integer> picked = picking.pickAll();
                        assertEquals(BUFFERS, picked.size());
                        picked.forEach(picking::provide);
                    }
                });
    }
}
