package dev.corio.core;

import dev.corio.uring.Sqe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Runs out of memory on a core in a JVM of its own. The arguments name the driver, the policy and
/// the place.
final class Exhausted {
    /// The exit code when memory was short for this program's own thread, which tells nothing.
    static final int STRUCK_ITSELF = 4;

    private Exhausted() {}

    public static void main(String[] arguments) throws Exception {
        try {
            run(arguments);
        } catch (OutOfMemoryError | IllegalArgumentException e) {
            // The latter from try-with-resources, when the same error strikes in close too.
            Runtime.getRuntime().halt(STRUCK_ITSELF);
        }
    }

    private static void run(String[] arguments) throws Exception {
        CoreOptions options =
                DriverUnderTest.valueOf(arguments[0])
                        .options()
                        .fatalErrors(FatalErrors.valueOf(arguments[1]));
        try (Cores cores = Cores.start(options)) {
            Core core = cores.core(0);
            Task<?> other = core.spawn("other", () -> keepBusy(core));
            Core.Body exhaust =
                    switch (arguments[2]) {
                        case "task" -> () -> exhaust();
                        case "work" -> () -> core.execute(Exhausted::exhaust);
                        case "timer" -> () -> core.arm(timer(), Duration.ZERO);
                        case "silenced" -> () -> exhaustWhileNobodyCanPrint(core);
                        case "completion" -> () -> core.submit(completion());
                        default -> throw new IllegalArgumentException(arguments[2]);
                    };
            for (int i = 0; i < 2; i++) {
                try {
                    core.spawn("greedy", exhaust).join();
                } catch (java.util.concurrent.ExecutionException e) {
                    System.out.println("caught " + e.getCause());
                }
                core.spawn("turns", () -> Turns.pass(core, 5)).join();
            }
            other.cancel();
            System.out.println("lives " + !core.failure().hasBegun());
        }
    }

    private static void keepBusy(Core core) throws Exception {
        while (!Thread.currentThread().isInterrupted()) {
            core.await(Request.of(Sqe::nop));
            try (IoBuffer buffer = IoBuffer.lease()) {
                buffer.putInt(1);
            }
            Core.sleep(Duration.ofNanos(100_000));
        }
    }

    /// Fills the heap with pieces of all sizes, so that in the end nothing fits.
    private static void exhaust() {
        List<Object> all = new ArrayList<>();
        for (int bytes = 8 << 20; bytes > 128; bytes /= 2) {
            try {
                while (true) {
                    all.add(new byte[bytes]);
                }
            } catch (OutOfMemoryError e) {
                if (bytes == 256) {
                    throw e;
                }
            }
        }
    }

    /// A task holds the lock of standard error while it sleeps, and cannot be brought back.
    private static void exhaustWhileNobodyCanPrint(Core core) throws Exception {
        core.spawn("holds the lock", Exhausted::holdTheLock);
        Turns.pass(core, 3);
        exhaust();
    }

    private static void holdTheLock() throws InterruptedException {
        synchronized (System.err) {
            Core.sleep(Duration.ofDays(1));
        }
    }

    private static Timer timer() {
        return new Timer() {
            @Override
            protected void fired() {
                exhaust();
            }
        };
    }

    private static Operation completion() {
        return new Operation(null) {
            @Override
            protected void prepare(Sqe sqe) {
                sqe.nop();
            }

            @Override
            protected void completed(int result, int flags) {
                exhaust();
            }

            @Override
            public String toString() {
                return "greedy nop";
            }
        };
    }
}
