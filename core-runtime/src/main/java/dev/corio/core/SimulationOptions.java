package dev.corio.core;

import java.time.Duration;

/// How a [Simulation] is set up. Immutable: each setter answers changed options, and each word
/// without an argument answers the value.
///
/// **Threading:** safe from any thread.
public final class SimulationOptions {
    private final Faults faults;
    private final CoreOptions core;
    private final Duration timeMax;
    private final long turnsMax;

    private SimulationOptions(Faults faults, CoreOptions core, Duration timeMax, long turnsMax) {
        this.faults = faults;
        this.core = core;
        this.timeMax = timeMax;
        this.turnsMax = turnsMax;
    }

    /// All faults ([Faults#hostile]), a core with little memory, so that many runs are cheap, and
    /// limits that a program of some hundred connections does not come near.
    public static SimulationOptions defaults() {
        return new SimulationOptions(
                Faults.hostile(),
                CoreOptions.defaults()
                        .operationsMax(1 << 12)
                        .bufferBytes(1 << 11)
                        .groupBuffers(8)
                        .poolBytesMax(16 << 20),
                Duration.ofHours(1),
                1_000_000);
    }

    /// How hard the kernel is to live with.
    public SimulationOptions faults(Faults faults) {
        return new SimulationOptions(faults, core, timeMax, turnsMax);
    }

    public Faults faults() {
        return faults;
    }

    /// The core; its driver, CPUs and pinning are left out of account.
    public SimulationOptions core(CoreOptions core) {
        return new SimulationOptions(faults, core, timeMax, turnsMax);
    }

    public CoreOptions core() {
        return core;
    }

    /// How much virtual time a program may take: one that is not done by then hangs.
    public SimulationOptions timeMax(Duration time) {
        return new SimulationOptions(faults, core, time, turnsMax);
    }

    public Duration timeMax() {
        return timeMax;
    }

    /// How many turns of the loop a program may take: one that is not done by then spins.
    public SimulationOptions turnsMax(long turns) {
        return new SimulationOptions(faults, core, timeMax, turns);
    }

    public long turnsMax() {
        return turnsMax;
    }
}
