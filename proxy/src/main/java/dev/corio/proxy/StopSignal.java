package dev.corio.proxy;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CountDownLatch;

/// SIGTERM and SIGINT: the first asks for a graceful end, the second for an end at once.
///
/// A shutdown hook can neither end with 0 nor hear a second signal, so this needs
/// `sun.misc.Signal`. It is reached by reflection because javac warns of its mere name, and nothing
/// silences that.
///
/// **Threading:** awaited by the thread that installed it.
final class StopSignal {
    private final CountDownLatch first = new CountDownLatch(1);
    private final Thread owner = Thread.currentThread();

    private StopSignal() {}

    /// Takes both signals over from the JVM, which would end the process.
    static StopSignal install() {
        StopSignal stop = new StopSignal();
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            MethodHandle received =
                    MethodHandles.lookup()
                            .findVirtual(
                                    StopSignal.class, "received", MethodType.methodType(void.class))
                            .bindTo(stop);
            Object handling =
                    MethodHandleProxies.asInterfaceInstance(
                            handler, MethodHandles.dropArguments(received, 0, signal));
            for (String name : new String[] {"TERM", "INT"}) {
                signal.getMethod("handle", signal, handler)
                        .invoke(
                                null,
                                signal.getConstructor(String.class).newInstance(name),
                                handling);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("signals need the module jdk.unsupported", e);
        }
        return stop;
    }

    /// Waits for the first signal. From then on a signal interrupts the waiting thread.
    void await() {
        try {
            first.await();
        } catch (InterruptedException secondSignal) {
            // It came so soon after the first; whoever waits next gets to know.
            Thread.currentThread().interrupt();
        }
    }

    @SuppressWarnings("UnusedMethod") // called through its method handle
    private synchronized void received() {
        if (first.getCount() == 0) {
            owner.interrupt();
        }
        first.countDown();
    }
}
