package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.Seed;
import dev.corio.core.Suspension;
import dev.corio.core.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;

/// Tasks that make waiting calls for a random test, and the model's word on how each must end. The
/// test says what it expects, and [#check] compares: those whose wait must have ended have ended
/// so, and nobody else has.
final class Crew {
    private static final int STEPS = 1_000_000;
    private static final String INTERRUPTED = "interrupted";

    private final Core core = Core.current();
    private final boolean turnByTurn;
    private final Member[] members;
    private final List<Integer> interrupted = new ArrayList<>();
    private long events;
    private boolean isOver;

    /// What is tested, and the plain model of it, side by side.
    abstract static class Model {
        /// Compares what can be seen without a call that changes anything.
        abstract void compare();

        /// Makes a random call that does not wait, on both.
        abstract void dontWait(Crew crew, Random random);

        /// Has a member make a random call that may wait, and does the same to the model.
        abstract void mayWait(Crew crew, Random random, int member);

        /// A member that waits in the model gives up.
        abstract void giveUp(Crew crew, int member);
    }

    private final class Member {
        private final Suspension orders = new Suspension(core, "orders");
        private final Task<Void> task = core.spawn("member", this::work);
        private Callable<?> order;
        private Object expected;
        private Object outcome;

        private void work() throws Exception {
            while (!isOver) {
                orders.await();
                events++;
                Object ended = outcomeOf(order);
                outcome = Thread.interrupted() ? ended + "+" + INTERRUPTED : ended;
                events++;
            }
        }
    }

    private Crew(int size, boolean turnByTurn) {
        this.turnByTurn = turnByTurn;
        members = new Member[size];
        Arrays.setAll(members, i -> new Member());
    }

    /// Runs a million steps on one core.
    static void run(String test, int size, Callable<Model> model) throws Exception {
        run(test, size, false, model);
    }

    /// As above, but everything goes as far as it can after each call: for what tells its waiters
    /// in a coming turn of the loop.
    static void runTurnByTurn(String test, int size, Callable<Model> model) throws Exception {
        run(test, size, true, model);
    }

    private static void run(String test, int size, boolean turnByTurn, Callable<Model> model)
            throws Exception {
        Random random = Seed.random(test);
        CoreOptions options = DriverUnderTest.EPOLL.options();
        try (Cores cores = Cores.start(options)) {
            cores.core(0)
                    .spawn(test, () -> steps(new Crew(size, turnByTurn), model.call(), random))
                    .join();
        }
    }

    private static void steps(Crew crew, Model model, Random random) throws Exception {
        for (int i = 0; i < STEPS; i++) {
            try {
                crew.step(model, random);
            } catch (Throwable e) {
                throw new AssertionError("in step " + i, e);
            }
        }
        crew.isOver = true;
        for (Member member : crew.members) {
            member.task.cancel();
        }
    }

    /// A few calls that do not wait, an interrupt now and then, and perhaps one call that may wait;
    /// only then do the members run.
    private void step(Model model, Random random) {
        model.compare();
        for (int i = random.nextInt(4); i > 0; i--) {
            model.dontWait(this, random);
            if (turnByTurn) {
                check();
            }
            if (random.nextInt(4) == 0) {
                interrupt(random.nextInt(members.length));
                if (turnByTurn) {
                    giveUp(model);
                    check();
                }
            }
        }
        giveUp(model);
        int member = idle(random);
        if (member >= 0 && random.nextInt(4) > 0) {
            model.mayWait(this, random, member);
        }
        check();
    }

    private void giveUp(Model model) {
        for (int member : interrupted) {
            if (members[member].expected == null) {
                expect(member, INTERRUPTED);
                model.giveUp(this, member);
            } else {
                expect(member, members[member].expected + "+" + INTERRUPTED);
            }
        }
        interrupted.clear();
    }

    /// Makes the call in a member.
    void begin(int member, Callable<?> order) {
        members[member].order = order;
        members[member].orders.resume();
    }

    /// The model's word: the call of this member ends now, with this.
    void expect(int member, Object outcome) {
        members[member].expected = outcome;
    }

    /// When the wait has ended already, or ends before the member runs, the interrupt is kept.
    private void interrupt(int member) {
        Member interruptee = members[member];
        if (interruptee.order != null && !interrupted.contains(member)) {
            interrupted.add(member);
            interruptee.task.thread().interrupt();
        }
    }

    private int idle(Random random) {
        int offset = random.nextInt(members.length);
        for (int i = 0; i < members.length; i++) {
            int index = (i + offset) % members.length;
            if (members[index].order == null) {
                return index;
            }
        }
        return -1;
    }

    /// Lets everything go as far as it can, then compares.
    private void check() {
        letAllRun();
        for (int i = 0; i < members.length; i++) {
            Member member = members[i];
            if (member.expected == null) {
                assertNull(member.outcome, "the wait of this member has ended for no reason");
            } else {
                assertEquals(member.expected, member.outcome);
                member.expected = null;
                member.outcome = null;
                member.order = null;
            }
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // the yield lets the others go on
    private void letAllRun() {
        long before;
        do {
            before = events;
            Thread.yield();
            Thread.yield();
        } while (events != before);
    }

    static Object outcomeOf(Callable<?> call) {
        try {
            Object value = call.call();
            return value == null ? "null" : value;
        } catch (InterruptedException e) {
            return INTERRUPTED;
        } catch (ClosedException e) {
            return closed(e.unsent());
        } catch (LaggedException e) {
            return lagged(e.missed());
        } catch (Exception e) {
            return e.toString();
        }
    }

    static Object closed(Object unsent) {
        return "closed with " + unsent;
    }

    static Object lagged(long missed) {
        return "missed " + missed;
    }

    /// A call without a result.
    static Callable<Object> call(Core.Body body) {
        return () -> {
            body.run();
            return "done";
        };
    }
}
