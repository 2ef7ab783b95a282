package dev.corio.core;

import dev.corio.uring.Sqe;

/// A core with nothing to do, in a JVM whose kernel has begun to refuse every entry: how many turns
/// it makes in a second. The argument names the driver.
final class TurnsUnderFire {
    private TurnsUnderFire() {}

    public static void main(String[] arguments) throws Exception {
        Cores cores = Cores.start(DriverUnderTest.valueOf(arguments[0]).options());
        Core core = cores.core(0);
        core.spawn("until it refuses", () -> enter(core)).join();
        long before = core.stats().turns();
        Thread.sleep(1_000);
        System.out.println(core.stats().turns() - before);
        System.out.flush();
        // Closing would wait for ever for the kernel to answer.
        Runtime.getRuntime().halt(0);
    }

    /// Each turn has something to hand over.
    private static void enter(Core core) {
        while (core.stats().enters() < 400) {
            core.submit(Request.of(Sqe::nop));
            Turns.pass(core, 1);
        }
    }
}
