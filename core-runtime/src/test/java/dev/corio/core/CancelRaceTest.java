package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.CancelLanes.Lane;
import dev.corio.uring.Sqe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Cancels against completions: whichever wins, the outcome is told once, and no byte, no
/// descriptor and no buffer is lost. A million races on each driver. The peers make calls that
/// wait, which a simulated kernel has not; there seeds decide how late a cancel comes.
final class CancelRaceTest {
    private static final int LANES = 128;

    interface Opener {
        Lane open() throws Exception;
    }

    /// Cancels from within a completion: the target's own may be the next one in the queue.
    private static final class CancelOnTheLoop extends Operation {
        private final Core core;
        private final List<Lane> targets = new ArrayList<>();

        CancelOnTheLoop(Core core) {
            super(null);
            this.core = core;
        }

        @Override
        protected void prepare(Sqe sqe) {
            sqe.nop();
        }

        @Override
        protected void completed(int result, int flags) {
            targets.forEach(each -> each.cancel(core));
            targets.clear();
        }

        @Override
        public String toString() {
            return "nop that cancels";
        }
    }

    @RealDrivers
    void receiveLosesNoByte(DriverUnderTest driver) throws Exception {
        driver.run(core -> race(core, 800_000, () -> new CancelLanes.Receiving(false)));
    }

    @RealDrivers
    void pollTellsOfWhatIsThere(DriverUnderTest driver) throws Exception {
        driver.run(core -> race(core, 100_000, CancelLanes.Polling::new));
    }

    @RealDrivers
    void sendTellsWhatWasSent(DriverUnderTest driver) throws Exception {
        driver.run(core -> race(core, 50_000, CancelLanes.Sending::new));
    }

    @RealDrivers
    void acceptLosesNoConnection(DriverUnderTest driver) throws Exception {
        driver.run(core -> race(core, 30_000, () -> new CancelLanes.Accepting(false)));
    }

    @RealDrivers
    void connectIsTheOneOrTheOther(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            List<Lane> lanes = new ArrayList<>();
            try {
                // On loopback a kernel that has seen it has done it.
                assertTrue(race(core, 20_000, CancelLanes.Connecting::new, lanes)[1] > 0);
            } finally {
                lanes.forEach(Lane::close);
            }
        });
    }

    /// What the races above would show if a cancel meant "forget it": bytes are gone.
    @RealDrivers
    void receiveThatForgetsAtTheCancelIsBroken(DriverUnderTest driver) throws Exception {
        driver.run(core -> assertTrue(lost(core, () -> new CancelLanes.Receiving(true)) > 0));
    }

    /// The same for descriptors.
    @RealDrivers
    void acceptThatForgetsAtTheCancelIsBroken(DriverUnderTest driver) throws Exception {
        driver.run(core -> assertTrue(lost(core, () -> new CancelLanes.Accepting(true)) > 0));
    }

    @EveryDriver
    void timerFiresOnceOrNotAtAll(DriverUnderTest driver) throws Exception {
        Random random = Seed.random("CancelRaceTest");
        driver.run(core -> {
            int[] fired = {0};
            Timer timer =
                    new Timer() {
                        @Override
                        protected void fired() {
                            fired[0]++;
                        }
                    };
            int[] outcomes = {0, 0};
            for (int i = 0; i < 5_000; i++) {
                core.arm(timer, Duration.ofNanos(random.nextInt(20_000)));
                Turns.pass(core, random.nextInt(3));
                boolean armed = timer.isArmed();
                assertEquals(armed ? 0 : 1, fired[0]);
                core.disarm(timer);
                Turns.pass(core, 1);
                assertEquals(armed ? 0 : 1, fired[0], "fired after it was disarmed");
                outcomes[fired[0]]++;
                fired[0] = 0;
            }
            assertTrue(outcomes[0] > 0 && outcomes[1] > 0, "only one of the two ever wins");
        });
    }

    private static void race(Core core, int races, Opener opener) throws Exception {
        List<Lane> lanes = new ArrayList<>();
        try {
            int[] wins = race(core, races, opener, lanes);
            assertTrue(wins[0] > races / 50, "cancels hardly ever win: " + wins[0]);
            assertTrue(wins[1] > races / 50, "completions hardly ever win: " + wins[1]);
            for (Lane lane : lanes) {
                while (lane.isOwed()) {
                    core.await(lane.request);
                    lane.settle();
                }
            }
        } finally {
            lanes.forEach(Lane::close);
        }
    }

    private static int lost(Core core, Opener opener) throws Exception {
        List<Lane> lanes = new ArrayList<>();
        try {
            race(core, 10_000, opener, lanes);
            return lanes.stream().mapToInt(lane -> lane.lost).sum();
        } finally {
            lanes.forEach(Lane::close);
        }
    }

    private static int[] race(Core core, int races, Opener opener, List<Lane> lanes)
            throws Exception {
        Random random = Seed.random("CancelRaceTest");
        for (int i = 0; i < LANES; i++) {
            lanes.add(opener.open());
        }
        CancelOnTheLoop canceller = new CancelOnTheLoop(core);
        int[] wins = {0, 0};
        for (int race = 0; race < races; race += LANES) {
            begin(core, lanes, canceller, random);
            Turns.pass(core, random.nextInt(3));
            end(core, lanes, random);
            for (Lane lane : lanes) {
                while (lane.request.isInFlight() || canceller.isInFlight()) {
                    Turns.pass(core, 1);
                }
                wins[lane.settle() ? 1 : 0]++;
            }
        }
        return wins;
    }

    private static void begin(
            Core core, List<Lane> lanes, CancelOnTheLoop canceller, Random random) {
        if (random.nextInt(4) == 0) {
            assertTrue(core.submit(canceller));
        }
        for (Lane lane : lanes) {
            int script = random.nextInt(8);
            if (script < 2) {
                lane.provoke();
            }
            assertTrue(core.submit(lane.request));
            if (script == 2) {
                lane.cancel(core);
                lane.provoke();
            } else if (canceller.isInFlight() && script % 2 == 0) {
                canceller.targets.add(lane);
            }
        }
    }

    private static void end(Core core, List<Lane> lanes, Random random) {
        for (Lane lane : lanes) {
            int script = random.nextInt(4);
            if (script == 0) {
                lane.provoke();
            }
            lane.cancel(core);
            if (script == 1) {
                lane.provoke();
            }
        }
    }
}
