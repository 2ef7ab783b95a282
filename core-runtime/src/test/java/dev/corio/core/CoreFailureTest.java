package dev.corio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.linux.Linux;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A core whose driver cannot go on takes nobody along and leaves nobody waiting.
final class CoreFailureTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @RealDrivers
    void allWhoWaitAreToldWhenTheDriversDescriptorIsGone(DriverUnderTest driver) throws Exception {
        driver.options();
        expectOneReport(Child.run(FailingCore.class, driver.name(), "close"));
    }

    /// EBADR: the kernel has lost a completion, so an operation will never end.
    @ParameterizedTest
    @CsvSource({
        "EBADR, IO_URING",
        "EFAULT, IO_URING",
        "ENXIO, IO_URING_5_10",
        "EBADF, IO_URING_5_15",
        "EBADF, EPOLL",
        "EINVAL, EPOLL"
    })
    void allWhoWaitAreToldWhenTheKernelRefusesToGoOn(String error, DriverUnderTest driver)
            throws Exception {
        driver.options();
        List<String> strace = Strace.failingWaits(driver, error, "100+");
        Child child = Child.run(strace, FailingCore.class, driver.name(), "nothing");
        expectOneReport(child);
        assertTrue(child.output().contains(error), child.output());
    }

    /// Before 5.19 the kernel goes on, and only counts what it has lost.
    @Test
    void allWhoWaitAreToldWhenTheKernelHasLostACompletion() throws Exception {
        DriverUnderTest driver = DriverUnderTest.IO_URING_5_10;
        try (Logged _ = new Logged();
                Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            Task<Void> waiting = core.spawn("wait", () -> Core.sleep(Duration.ofDays(1)));
            core.spawn("lose", () -> FailingCore.loseCompletion(core.driver()));
            core.spawn("turn", () -> Core.yield());
            ExecutionException e = assertThrows(ExecutionException.class, () -> waiting.join(LONG));
            String text = assertInstanceOf(CoreFailedException.class, e.getCause()).getMessage();
            assertTrue(text.contains("had no memory for 1 completions"), text);
        }
    }

    @RealDrivers
    void completionMayCancelAnotherOperationWhileAllAreLost(DriverUnderTest driver)
            throws Exception {
        try (Logged logged = new Logged();
                Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            List<Twin> twins = core.spawn("submitter", () -> Twin.submitTwo(core)).join();
            core.execute(() -> core.failure().begin(new IOException("the test ends it")));
            core.awaitClosed();
            twins.forEach(each -> assertEquals(1, each.ends));
            assertEquals(List.of(), logged.with("the completion of"));
        }
    }

    /// Among those that were accepted may be one that was given a file.
    @RealDrivers
    void tasksEndAsTheyShouldAlsoOnACoreThatFailsASecondTime(DriverUnderTest driver)
            throws Exception {
        int openBefore = DriverUnderTest.openFiles();
        List<String> cleanedUp = new ArrayList<>();
        try (Logged logged = new Logged();
                Cores cores = Cores.start(driver.options())) {
            Core core = cores.core(0);
            Detached file =
                    core.spawn(
                                    "opens",
                                    () ->
                                            Descriptor.ofPollable(
                                                            Linux.eventfd(0, Linux.EFD_CLOEXEC))
                                                    .detach())
                            .join();
            Task<Void> waiting =
                    core.spawn(
                            "waiting",
                            () -> {
                                try {
                                    Core.sleep(Duration.ofDays(1));
                                } finally {
                                    cleanedUp.add("waiting");
                                }
                            });
            CountDownLatch failing = new CountDownLatch(1);
            CountDownLatch accepted = new CountDownLatch(1);
            core.execute(() -> {
                failing.countDown();
                awaitUnchecked(accepted);
                core.failure().begin(new IOException("the test ends it"));
                core.loop.broken = new StackOverflowError("and does so again");
            });
            failing.await();
            Task<Void> taking =
                    core.spawn(
                            "taking",
                            () -> {
                                Descriptor taken = file.adopt();
                                try {
                                    Core.sleep(Duration.ofDays(1));
                                } finally {
                                    taken.close();
                                    cleanedUp.add("taking");
                                }
                            });
            accepted.countDown();
            for (Task<Void> each : List.of(waiting, taking)) {
                var failure = assertThrows(ExecutionException.class, () -> each.join(LONG));
                assertInstanceOf(CoreFailedException.class, failure.getCause());
            }
            core.awaitClosed();
            assertEquals(1, logged.with("cannot go on").size());
        }
        assertEquals(Set.of("waiting", "taking"), Set.copyOf(cleanedUp));
        assertTrue(DriverUnderTest.openFiles() <= openBefore, "a file is left open");
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// One of two operations that are of no use without each other, as the halves of a relay.
    private static final class Twin extends Operation {
        private final Core core;
        private final Descriptor file;
        private @Nullable Twin other;
        private int ends;

        private Twin(Core core, Descriptor file) {
            super(file);
            this.core = core;
            this.file = file;
        }

        static List<Twin> submitTwo(Core core) {
            Descriptor file = Descriptor.ofPollable(Linux.eventfd(0, Linux.EFD_CLOEXEC));
            Twin one = new Twin(core, file);
            Twin two = new Twin(core, file);
            one.other = two;
            two.other = one;
            assertTrue(core.submit(one) && core.submit(two));
            return List.of(one, two);
        }

        @Override
        protected void prepare(Sqe sqe) {
            sqe.pollAdd(file.fd(), Linux.POLLIN);
        }

        @Override
        protected void completed(int result, int flags) {
            ends++;
            core.cancel(other);
        }

        @Override
        public String toString() {
            return "twin";
        }
    }

    private static void expectOneReport(Child child) {
        child.expectSuccess();
        assertTrue(child.output().endsWith("ok"), child.output());
        assertEquals(
                1,
                child.output().lines().filter(each -> each.contains("has failed and ends")).count(),
                child.output());
    }
}
