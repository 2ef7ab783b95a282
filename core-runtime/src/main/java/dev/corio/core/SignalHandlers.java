package dev.corio.core;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Who gets a signal of this process: the [Signals] that are open for it, else the fallback, else
/// whoever had it before. What a process does on a signal is one thing for all of it, so this is
/// static.
///
/// The JVM owns the handlers of the kernel, since a foreign one would run on whatever thread is
/// hit, in the middle of Java code. It gives signals away through `sun.misc.Signal`, which is
/// reached by reflection because javac warns of its mere name, and nothing silences that.
///
/// **Threading:** safe from any thread; the JVM calls it on threads of its own.
final class SignalHandlers {
    private static final Map<Signal, Taken> TAKEN = new EnumMap<>(Signal.class);

    /// A signal that is ours, and what it did before.
    private static final class Taken {
        private final Object previous;
        private final List<Signals> subscribers = new ArrayList<>();
        private @Nullable Fallback fallback;

        Taken(Object previous) {
            this.previous = previous;
        }
    }

    /// What a signal does that no task awaits.
    @FunctionalInterface
    interface Fallback {
        void received(Signal signal);
    }

    private SignalHandlers() {}

    static synchronized void subscribe(Signal signal, Signals subscriber) {
        take(signal).subscribers.add(subscriber);
    }

    static synchronized void unsubscribe(Signal signal, Signals subscriber) {
        Taken taken = TAKEN.get(signal);
        if (taken != null && taken.subscribers.remove(subscriber)) {
            giveBackUnused(signal, taken);
        }
    }

    /// @param fallback null for what the signal did before us
    static synchronized void fallback(Signal signal, @Nullable Fallback fallback) {
        Taken taken = take(signal);
        taken.fallback = fallback;
        giveBackUnused(signal, taken);
    }

    /// Does with a signal what is to be done now.
    static void deliver(Signal signal) {
        List<Signals> subscribers;
        Fallback fallback;
        synchronized (SignalHandlers.class) {
            Taken taken = TAKEN.get(signal);
            subscribers = taken == null ? List.of() : List.copyOf(taken.subscribers);
            fallback = taken == null ? null : taken.fallback;
        }
        if (!subscribers.isEmpty()) {
            subscribers.forEach(each -> each.offer(signal));
        } else if (fallback != null) {
            fallback.received(signal);
        } else {
            // It was given back meanwhile: now it is as if it came only now.
            Jdk.raise(signal);
        }
    }

    private static Taken take(Signal signal) {
        Taken taken = TAKEN.get(signal);
        if (taken == null) {
            taken = new Taken(Jdk.handle(signal, Jdk.handlerOf(signal)));
            TAKEN.put(signal, taken);
        }
        return taken;
    }

    private static void giveBackUnused(Signal signal, Taken taken) {
        if (taken.subscribers.isEmpty() && taken.fallback == null) {
            TAKEN.remove(signal);
            Jdk.handle(signal, taken.previous);
        }
    }

    /// `sun.misc.Signal`.
    private static final class Jdk {
        private Jdk() {}

        static Object handlerOf(Signal signal) {
            try {
                MethodHandle deliver =
                        MethodHandles.lookup()
                                .findStatic(
                                        SignalHandlers.class,
                                        "deliver",
                                        MethodType.methodType(void.class, Signal.class))
                                .bindTo(signal);
                return MethodHandleProxies.asInterfaceInstance(
                        Class.forName("sun.misc.SignalHandler"),
                        MethodHandles.dropArguments(deliver, 0, Class.forName("sun.misc.Signal")));
            } catch (ReflectiveOperationException e) {
                throw missing(e);
            }
        }

        /// The handler that it had.
        static Object handle(Signal signal, Object handler) {
            Class<?> type = type();
            try {
                return type.getMethod("handle", type, Class.forName("sun.misc.SignalHandler"))
                        .invoke(null, signal(type, signal), handler);
            } catch (InvocationTargetException e) {
                throw new IllegalStateException(
                        "SIG"
                                + signal
                                + " cannot be taken over from the JVM: "
                                + e.getTargetException().getMessage()
                                + "; the option -Xrs withholds signals",
                        e);
            } catch (ReflectiveOperationException e) {
                throw missing(e);
            }
        }

        static void raise(Signal signal) {
            Class<?> type = type();
            try {
                type.getMethod("raise", type).invoke(null, signal(type, signal));
            } catch (ReflectiveOperationException e) {
                throw missing(e);
            }
        }

        private static Object signal(Class<?> type, Signal signal)
                throws ReflectiveOperationException {
            return type.getConstructor(String.class).newInstance(signal.name());
        }

        private static Class<?> type() {
            try {
                return Class.forName("sun.misc.Signal");
            } catch (ClassNotFoundException e) {
                throw missing(e);
            }
        }

        private static IllegalStateException missing(ReflectiveOperationException e) {
            return new IllegalStateException(
                    "signals need the module jdk.unsupported, which this Java runtime lacks; add it"
                            + " with jlink --add-modules, or java --add-modules jdk.unsupported",
                    e);
        }
    }
}
