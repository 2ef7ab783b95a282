package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Whoever hands over at the very end of its stack has done so or has not; those who come after it
/// are served in either case.
final class MailboxDepthTest {
    private static final int FRAMES = 2000;
    private static final int DIVES = 100;
    private static final int ROOM = 1 << 12;

    /// Small ones are at their end sooner.
    private static final long STACK_BYTES = 256 << 10;

    private static final Duration LONG = Duration.ofSeconds(60);

    private int overflows;

    @Test
    void noGapIsLeftInAMailbox() throws Exception {
        Core core = Cores.unstarted(CoreOptions.defaults().bufferBytes(512).blockingThreadsMax(1));
        Map<String, Consumer<Mailbox>> offers =
                Map.of(
                        "work", each -> each.offerWork(() -> {}),
                        "late", each -> each.offerLate(new HandOver(core, () -> {})),
                        "resume", each -> each.offerResume(() -> {}));
        for (int i = 0; i < DIVES; i++) {
            for (Map.Entry<String, Consumer<Mailbox>> each : offers.entrySet()) {
                Mailbox mailbox = new Mailbox(ROOM);
                DeepEnd end = dive(() -> each.getValue().accept(mailbox));
                AtomicInteger taken = new AtomicInteger();
                mailbox.drainResumes(_ -> taken.incrementAndGet());
                mailbox.drainWork(_ -> taken.incrementAndGet(), ROOM);
                String text = each.getKey() + ": " + end;
                assertTrue(mailbox.isEmpty(), text);
                assertTrue(taken.get() >= end.successes(), text);
            }
        }
        assertTrue(overflows > 0, "nobody was ever too deep");
    }

    /// One that could not wake the core leaves that to the next, and does not keep it from closing.
    @Test
    void coreIsWokenAllTheSameAndCanClose() throws Exception {
        for (int i = 0; i < DIVES; i++) {
            Mailbox mailbox = new Mailbox(ROOM);
            int[] wakes = {0};
            mailbox.wakeWith(() -> wakes[0] += deeper(20));
            assertTrue(mailbox.prepareToSleep());
            dive(() -> mailbox.offerWork(() -> {}));
            // The dive ends where there is stack enough, so that somebody has woken it.
            assertEquals(1, wakes[0]);
            mailbox.close();
        }
        assertTrue(overflows > 0, "nobody was ever too deep");
    }

    private static int deeper(int frames) {
        return frames == 0 ? 1 : deeper(frames - 1);
    }

    @RealDrivers
    void coreServesWhoComesAfterThoseWhoWereTooDeep(DriverUnderTest driver) throws Exception {
        CoreOptions options = driver.options().mailboxMax(ROOM);
        try (Cores cores = Cores.start(options);
                Cores others = Cores.start(driver.options())) {
            Core core = cores.core(0);
            serves(core);
            for (int i = 0; i < DIVES; i++) {
                DeepEnd end =
                        new DeepEnd(
                                () -> {
                                    try {
                                        core.execute(() -> {});
                                        core.spawn("child", () -> {});
                                    } catch (RejectedExecutionException e) {
                                        Thread.onSpinWait();
                                    }
                                },
                                FRAMES);
                others.core(0).spawn("diver", end::dive).join(LONG);
                overflows += end.overflows();
                serves(core);
            }
            assertTrue(overflows > 0, "nobody was ever too deep");
        }
    }

    /// Both by what is handed over and by what is resumed.
    private static void serves(Core core) throws Exception {
        CompletableFuture<Integer> begun = new CompletableFuture<>();
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        Task<Integer> task =
                core.spawnWhenRoom(
                        "asks",
                        () -> {
                            begun.complete(1);
                            return answer.get();
                        });
        begun.get(LONG.toSeconds(), TimeUnit.SECONDS);
        answer.complete(2);
        assertEquals(2, task.join(LONG));
    }

    private DeepEnd dive(DeepEnd.Action action) throws Exception {
        DeepEnd end = new DeepEnd(action, FRAMES);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread diver =
                new Thread(
                        null,
                        () -> {
                            try {
                                end.dive();
                            } catch (Throwable e) {
                                failure.set(e);
                            }
                        },
                        "diver",
                        STACK_BYTES);
        diver.start();
        assertTrue(diver.join(LONG), "for ever in handing over: " + end);
        assertEquals(null, failure.get());
        overflows += end.overflows();
        return end;
    }
}
