package dev.corio.core;

import dev.corio.linux.Linux;
import dev.corio.uring.Ring;
import dev.corio.uring.Sqe;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;

/// Tasks that wait in every way there is, on a core whose driver fails. The arguments name the
/// driver, and what is done to it: `close` takes its descriptor away, `nothing` waits until the
/// kernel is made to fail, which hits all cores.
final class FailingCore {
    private final Core core;
    private final Map<String, Task<?>> waiting = new LinkedHashMap<>();
    private final List<Request> chain = new ArrayList<>();
    private int finallyBlocks;

    private FailingCore(Core core) {
        this.core = core;
    }

    public static void main(String[] arguments) throws Exception {
        DriverUnderTest driver = DriverUnderTest.valueOf(arguments[0]);
        boolean takesItAway = arguments[1].equals("close");
        int openBefore = DriverUnderTest.openFiles();
        CoreOptions options = driver.options();
        int cpu = options.cpus()[0];
        String mask = options.featureMask();
        // A registered ring lives on when its descriptor is closed.
        options =
                options.cpus(takesItAway ? new int[] {cpu, cpu} : new int[] {cpu})
                        .featureMask(mask + ",-REGISTERED_RING");
        try (Cores cores = Cores.start(options)) {
            FailingCore failing = new FailingCore(cores.core(0));
            failing.startWaiters();
            if (takesItAway) {
                failing.closeDriver();
            }
            failing.expectFailures();
            if (takesItAway) {
                failing.expectTheOtherLives(cores.core(1));
            }
            failing.expectNothingLeft();
        }
        // A ring that was closed behind our back is no longer there to be counted.
        check(
                DriverUnderTest.openFiles() <= openBefore,
                "files open: " + openBefore + " -> " + DriverUnderTest.openFiles());
        System.out.println("ok");
    }

    private void startWaiters() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Task<?> receiver = waiter("receive", () -> receive());
        waiter("sleep", () -> Core.sleep(Duration.ofDays(1)));
        waiter("suspension", () -> new Suspension(core, "nothing").await());
        waiter("deaf suspension", () -> new Suspension(core, "nothing").awaitUninterruptibly());
        waiter("lock", never::await);
        waiter("blocking", () -> Blocking.call(() -> awaited(never)));
        waiter("join", receiver::join);
        waiter(
                "again",
                () -> {
                    try {
                        Core.sleep(Duration.ofDays(1));
                    } catch (CoreFailedException e) {
                        Core.sleep(Duration.ofDays(1));
                    }
                });
        waiter(
                "ticker",
                () -> {
                    while (true) {
                        Core.sleep(Duration.ofMillis(1));
                    }
                });
        core.spawn("chain", this::submitChain).join();
    }

    private Task<?> waiter(String name, Core.Body body) {
        Task<Void> task =
                core.spawn(
                        name,
                        () -> {
                            try {
                                body.run();
                            } finally {
                                finallyBlocks++;
                            }
                        });
        waiting.put(name, task);
        return task;
    }

    private static boolean awaited(CountDownLatch latch) throws InterruptedException {
        latch.await();
        return true;
    }

    private void receive() throws IOException {
        try (Pair pair = Pair.open();
                IoBuffer buffer = IoBuffer.lease()) {
            Request receive =
                    Request.on(
                            pair.left,
                            sqe ->
                                    sqe.recv(
                                            pair.left.fd(),
                                            buffer.writeAddress(),
                                            buffer.writableBytes(),
                                            0));
            receive.buffer(buffer);
            core.await(receive);
        }
    }

    /// An operation that nobody waits for: its completion is all that can tell.
    private void submitChain() throws IOException {
        Pair pair = Pair.open();
        Request poll = Request.on(pair.left, sqe -> sqe.pollAdd(pair.left.fd(), Linux.POLLIN));
        check(core.submit(poll), "submitted");
        chain.add(poll);
    }

    private void closeDriver() throws Exception {
        core.spawn("wait", () -> Turns.pass(core, 3)).join();
        // On the loop, so that nothing else opens a file under that number before it is used.
        core.execute(() -> check(Linux.close(descriptorOf(core.driver())) == 0, "closed"));
    }

    /// The number of its ring or epoll.
    static int descriptorOf(Driver driver) {
        try {
            if (driver instanceof UringDriver) {
                return ((Ring) field(driver, "ring")).fd();
            }
            return (int) field(driver, "epollFd");
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /// Counts a completion as lost, as the kernel does.
    static void loseCompletion(Driver driver) throws ReflectiveOperationException {
        long count = (long) field(field(driver, "queue"), "kOverflow");
        MemorySegment.ofAddress(count).reinterpret(Integer.BYTES).set(ValueLayout.JAVA_INT, 0, 1);
    }

    private static Object field(Object owner, String name) throws ReflectiveOperationException {
        Field field = owner.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(owner);
    }

    private void expectFailures() throws Exception {
        for (Map.Entry<String, Task<?>> each : waiting.entrySet()) {
            try {
                each.getValue().join(Duration.ofSeconds(30));
                throw new AssertionError(each.getKey() + " ended as if nothing had happened");
            } catch (ExecutionException e) {
                check(names(e.getCause()), each.getKey() + ": " + e.getCause());
            }
        }
        check(finallyBlocks == waiting.size(), "finally blocks: " + finallyBlocks);
        check(chain.getFirst().results.size() == 1, "the chain is told once");
        check(chain.getFirst().result() < 0, "the chain is told a failure");
        try {
            core.spawn("late", () -> {});
            throw new AssertionError("spawned on a core that has failed");
        } catch (RejectedExecutionException e) {
            check(names(e.getCause()), "spawn: " + e);
        }
    }

    /// A join within the core carries the failure of what it joined.
    private static boolean names(Throwable failure) {
        Throwable told = failure instanceof ExecutionException ? failure.getCause() : failure;
        return told instanceof CoreFailedException
                && told.getMessage().contains("core 0")
                && told.getMessage().matches("(?s).*(io_uring_enter|epoll_wait): E[A-Z]+ .*");
    }

    private void expectTheOtherLives(Core other) throws Exception {
        check(other.spawn("nop", () -> other.await(Request.of(Sqe::nop))).join() == 0, "nop");
        Core.Body body = () -> waiting.get("sleep").join();
        try {
            other.spawn("from another core", body).join();
            throw new AssertionError("joined a failure");
        } catch (ExecutionException e) {
            check(names(e.getCause()), "joined from another core: " + e.getCause());
        }
    }

    private void expectNothingLeft() throws InterruptedException {
        core.awaitClosed();
        CoreStats stats = core.stats();
        check(stats.tasksLive() == 0, "tasks: " + stats);
        check(stats.operationsInFlight() == 0, "operations: " + stats);
        check(stats.descriptorsOpen() == 0, "descriptors: " + stats);
        check(stats.buffersLeased() == 0, "buffers: " + stats);
    }

    private static void check(boolean condition, String text) {
        if (!condition) {
            throw new AssertionError(text);
        }
    }
}
