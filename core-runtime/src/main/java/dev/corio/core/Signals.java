package dev.corio.core;

import java.util.Collection;
import java.util.EnumSet;
import java.util.concurrent.ArrayBlockingQueue;

/// Signals that come to a task instead of ending the process. From [#open] to [#close] each signal
/// of the set is kept until the task takes it with [#next]; every open set that has it gets it.
///
/// ```java
/// try (Signals signals = Signals.open(Signal.HUP, Signal.TERM)) {
///     while (signals.next() == Signal.HUP) {
///         reload();
///     }
/// }
/// ```
///
/// What was not taken when it closes has its usual effect then. A signal that the process was
/// started to ignore (`nohup`) stays ignored.
///
/// Needs the module `jdk.unsupported`, which every JDK has and a custom image may lack.
///
/// **Threading:** confined to the task that opened it.
public final class Signals implements AutoCloseable {
    /// More than these are one to the task, as pending signals of one kind are to the kernel.
    private static final int PENDING_MAX = 16;

    private final EnumSet<Signal> set;
    private final ArrayBlockingQueue<Signal> pending = new ArrayBlockingQueue<>(PENDING_MAX);
    private final Suspension arrival;
    private final Doorbell bell;

    private Signals(Core core, Collection<Signal> set) {
        this.set = EnumSet.copyOf(set);
        arrival = new Suspension(core, toString());
        bell =
                new Doorbell(core) {
                    @Override
                    protected void rung() {
                        arrival.resume();
                    }
                };
    }

    /// Takes these signals over from now on. Call it from a task.
    ///
    /// @throws IllegalStateException when the JVM does not give one away (`-Xrs`), or the module
    ///   `jdk.unsupported` is missing
    public static Signals open(Signal... signals) {
        if (signals.length == 0) {
            throw new IllegalArgumentException("at least one signal is needed");
        }
        Signals opened = new Signals(Core.current(), java.util.List.of(signals));
        try {
            for (Signal each : opened.set) {
                SignalHandlers.subscribe(each, opened);
            }
        } catch (IllegalStateException e) {
            opened.close();
            throw e;
        }
        return opened;
    }

    /// Suspends the calling task until one of these signals comes; its core goes on. A second one
    /// that comes at the same moment has its usual effect.
    ///
    /// @throws InterruptedException when the task is interrupted first
    /// @throws IllegalStateException see [#open]
    public static Signal await(Signal... any) throws InterruptedException {
        try (Signals signals = open(any)) {
            return signals.next();
        }
    }

    /// The next signal; suspends the calling task until there is one.
    ///
    /// @throws InterruptedException when the task is interrupted first, or the core closes and is
    ///   past its tasks
    public Signal next() throws InterruptedException {
        bell.core().checkTask();
        while (true) {
            bell.listen();
            // After the bell: what comes later rings.
            Signal signal = pending.poll();
            if (signal != null) {
                return signal;
            }
            arrival.awaitOthers();
        }
    }

    /// Gives the signals back; closing twice is harmless.
    @Override
    public void close() {
        for (Signal each : set) {
            SignalHandlers.unsubscribe(each, this);
        }
        for (Signal each = pending.poll(); each != null; each = pending.poll()) {
            SignalHandlers.deliver(each);
        }
    }

    @Override
    public String toString() {
        return "signals " + set;
    }

    /// On a thread of the JVM's.
    void offer(Signal signal) {
        pending.offer(signal);
        bell.ring();
    }
}
