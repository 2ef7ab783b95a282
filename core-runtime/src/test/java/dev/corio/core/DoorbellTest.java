package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class DoorbellTest {
    @EveryDriver
    void ringIsAnsweredOnceForEachTimeThatSomebodyListens(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            AtomicInteger answers = new AtomicInteger();
            Doorbell bell = bell(core, answers::incrementAndGet);
            bell.ring();
            Turns.pass(core, 2);
            assertEquals(0, answers.get());
            bell.listen();
            bell.listen();
            bell.ring();
            bell.ring();
            assertEquals(0, answers.get());
            Turns.pass(core, 2);
            assertEquals(1, answers.get());
            bell.ring();
            Turns.pass(core, 2);
            assertEquals(1, answers.get());
            assertSame(core, bell.core());
        });
    }

    @EveryDriver
    void ringFromAnotherThreadWakesASleepingCore(DriverUnderTest driver) throws Exception {
        driver.run(core -> {
            Suspension answered = new Suspension(core, "the answer");
            for (int i = 0; i < 100; i++) {
                Doorbell bell = bell(core, answered::resume);
                bell.listen();
                Thread.ofPlatform().start(bell::ring);
                answered.await();
            }
        });
    }

    /// A counter that grows while the core looks at it: every value is seen in the end.
    @Test
    void noChangeGoesUnseen() throws Exception {
        long changes = 300_000;
        AtomicLong shared = new AtomicLong();
        try (Cores cores = Cores.start(DriverUnderTest.EPOLL.options())) {
            Core core = cores.core(0);
            Task<?> looker =
                    core.spawn(
                            "look",
                            () -> {
                                Suspension changed = new Suspension(core, "a change");
                                Doorbell bell = bell(core, changed::resume);
                                Thread changer =
                                        Thread.ofPlatform()
                                                .start(() -> change(shared, bell, changes));
                                long seen = 0;
                                while (seen < changes) {
                                    bell.listen();
                                    long now = shared.getOpaque();
                                    if (now == seen) {
                                        changed.await();
                                    }
                                    seen = now;
                                }
                                changer.join();
                            });
            looker.join();
        }
    }

    @Test
    void answerThatFailsLeavesTheCoreAlive() throws Exception {
        DriverUnderTest.EPOLL.run(core -> {
            try (Logged log = new Logged()) {
                Doorbell bell =
                        bell(
                                core,
                                () -> {
                                    throw new IllegalStateException("on purpose");
                                });
                bell.listen();
                bell.ring();
                Turns.pass(core, 2);
                assertEquals(1, log.with("answering a doorbell").size());
            }
        });
    }

    private static void change(AtomicLong shared, Doorbell bell, long changes) {
        for (long i = 0; i < changes; i++) {
            shared.setRelease(i + 1);
            bell.ring();
        }
    }

    private static Doorbell bell(Core core, Runnable answer) {
        return new Doorbell(core) {
            @Override
            protected void rung() {
                answer.run();
            }
        };
    }
}
