package dev.corio.core;

import dev.corio.linux.Errno;
import dev.corio.linux.Linux;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/// Programs for [CorioTest], each run by [Corio] in a JVM of its own. The arguments name the driver
/// and the program.
final class EntryPoint {
    private EntryPoint() {}

    public static void main(String[] arguments) throws IOException {
        CoreOptions options = DriverUnderTest.valueOf(arguments[0]).options();
        int cpu = options.cpus()[0];
        CoreOptions two = options.cpus(cpu, cpu);
        switch (arguments[1]) {
            case "ends" -> Corio.main(arguments, two, EntryPoint::end);
            case "throws" -> Corio.main(arguments, two, EntryPoint::fail);
            case "answers" -> System.exit(Corio.run(two, core -> 42));
            case "lingers" -> Corio.main(arguments, two, EntryPoint::linger);
            case "cannot start" -> Corio.main(arguments, options.cpus(4095), core -> {});
            case "is signalled" -> Corio.main(arguments, two, core -> stop(core, arguments[2]));
            case "is deaf" -> Corio.main(arguments, two, core -> deaf(arguments[2]));
            case "awaits" -> Corio.main(arguments, two, EntryPoint::await);
            case "collects" -> Corio.main(arguments, two, EntryPoint::collect);
            case "swallows" -> System.exit(Corio.run(two, EntryPoint::swallow));
            case "writes to nobody" -> Corio.main(arguments, two, EntryPoint::writeToNobody);
            case "loses a core" ->
                    Corio.main(arguments, losable(two), core -> lose(core.cores().core(1)));
            case "loses its own core" -> Corio.main(arguments, losable(two), EntryPoint::lose);
            case "loses a core while closing" ->
                    Corio.main(
                            arguments,
                            losable(two).closeTimeout(Duration.ofSeconds(1)),
                            EntryPoint::loseTheOtherLater);
            case "cannot close" ->
                    Corio.main(arguments, losable(two), EntryPoint::loseTheOtherAtLast);
            default -> throw new IllegalArgumentException(arguments[1]);
        }
    }

    private static void end(Core core) throws Exception {
        System.out.println("on " + core.index() + " of " + core.cores().size());
        System.out.println("files " + Linux.rlimit(Linux.RLIMIT_NOFILE));
        core.cores().core(1).spawn("left over", () -> sleep("left over"));
        core.cores().core(1).spawn("turn", () -> {}).join();
    }

    private static void fail(Core core) {
        throw new IllegalArgumentException("no luck on " + core.index());
    }

    private static void linger(Core core) {
        CountDownLatch never = new CountDownLatch(1);
        Thread.ofPlatform().daemon(false).name("lingers").start(() -> awaitQuietly(never));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void stop(Core core, String signal) throws Exception {
        core.cores().core(1).spawn("other", () -> sleep("other"));
        core.cores().core(1).spawn("turn", () -> {}).join();
        core.spawn("sends", () -> kill(signal));
        sleep("main");
    }

    /// Sleeps until it is cancelled, and has something to clean up then.
    private static void sleep(String name) throws InterruptedException {
        try {
            Core.sleep(Duration.ofDays(1));
        } finally {
            System.out.println("cleaned up " + name);
        }
    }

    private static void deaf(String signal) {
        Core core = Core.current();
        core.cores()
                .core(1)
                .spawn(
                        "sends",
                        () -> {
                            kill(signal);
                            Blocking.call(EntryPoint::untilDelivered);
                            kill(signal);
                        });
        new Suspension(core, "nothing").awaitUninterruptibly();
    }

    /// While the main task waits its core goes on: another task of it sends the signal.
    private static void await(Core core) throws Exception {
        core.spawn("sends", () -> kill("TERM"));
        System.out.println("got " + Signals.await(Signal.TERM, Signal.INT));
    }

    private static void collect(Core core) throws Exception {
        try (Signals signals = Signals.open(Signal.TERM, Signal.USR1)) {
            kill("USR1");
            System.out.println("got " + signals.next());
            kill("TERM");
            System.out.println("got " + signals.next());
            // It is not taken, so it ends the program after all.
            kill("TERM");
            Blocking.call(EntryPoint::untilDelivered);
        }
        sleep("main");
    }

    private static boolean untilDelivered() throws InterruptedException {
        // Nothing tells when the JVM has passed a signal on.
        Thread.sleep(500);
        return true;
    }

    private static int swallow(Core core) throws Exception {
        core.spawn("sends", () -> kill("TERM"));
        try {
            sleep("main");
        } catch (InterruptedException e) {
            return 7;
        }
        return 8;
    }

    private static void writeToNobody(Core core) throws IOException {
        try (Pair pair = Pair.open();
                IoBuffer buffer = IoBuffer.lease()) {
            pair.right.close();
            int result = 1;
            while (result > 0) {
                result = Linux.write(pair.left.fd(), buffer.writeAddress(), 1);
            }
            System.out.println("write: " + Errno.name(-result));
        }
    }

    /// A registered ring lives on when its descriptor is closed.
    private static CoreOptions losable(CoreOptions options) {
        return options.featureMask(options.featureMask() + ",-REGISTERED_RING");
    }

    private static void lose(Core core) throws Exception {
        core.execute(() -> takeDriver(core));
        sleep("main");
    }

    /// When the tasks of that core are cancelled.
    private static void loseTheOtherLater(Core core) throws Exception {
        Core other = core.cores().core(1);
        CountDownLatch begun = new CountDownLatch(1);
        other.spawn(
                "last",
                () -> {
                    begun.countDown();
                    try {
                        Core.sleep(Duration.ofDays(1));
                    } catch (InterruptedException e) {
                        takeDriver(other);
                        Core.sleep(Duration.ofDays(1));
                    }
                });
        begun.await();
    }

    /// When its tasks have ended, with the last thing that its loop does.
    private static void loseTheOtherAtLast(Core core) throws Exception {
        Core other = core.cores().core(1);
        CountDownLatch begun = new CountDownLatch(1);
        Timer last =
                new Timer() {
                    @Override
                    protected void fired() {
                        takeDriver(other);
                    }
                };
        other.spawn(
                "last",
                () -> {
                    try {
                        begun.countDown();
                        Core.sleep(Duration.ofDays(1));
                    } finally {
                        other.arm(last, Duration.ZERO);
                    }
                });
        begun.await();
    }

    private static void takeDriver(Core core) {
        Linux.close(FailingCore.descriptorOf(core.driver()));
    }

    private static void kill(String signal) throws Exception {
        Blocking.call(() ->
                new ProcessBuilder(
                                "kill", "-" + signal, String.valueOf(ProcessHandle.current().pid()))
                        .inheritIO()
                        .start()
                        .waitFor());
    }
}
