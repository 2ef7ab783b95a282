package dev.corio.core;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// How the JDK makes a virtual thread whose scheduler is a core, how it tells on which carrier the
/// running code is, and how a virtual thread leaves it. The only class that knows.
///
/// JDK 25 has all three, but not as API: the constructor of
/// `java.lang.ThreadBuilders.VirtualThreadBuilder` that takes an `Executor`,
/// `Thread.currentCarrierThread`, and the steps of `VirtualThread.park`. They need `--add-opens
/// java.base/java.lang=ALL-UNNAMED` (or `=dev.corio.core` on the module path).
///
/// The carrier is what tells "am I on my core": when one task resumes another, `currentThread` is
/// the task.
final class VirtualThreads {
    private static final System.Logger LOG = LoopLogger.ofCore();
    private static final MethodType BUILDER =
            MethodType.methodType(Thread.Builder.OfVirtual.class, Executor.class);
    private static final Doors DOORS = Doors.open();
    private static final MethodHandle CURRENT_CARRIER = DOORS.currentCarrier;
    private static final MethodHandle NEW_BUILDER = DOORS.newBuilder;
    private static final MethodHandle TAKE_PERMIT = DOORS.exit.takePermit;
    private static final MethodHandle SET_STATE = DOORS.exit.setState;
    private static final MethodHandle LEAVE = DOORS.exit.leave;
    private static final int PARKING = DOORS.exit.parking;
    private static final int RUNNING = DOORS.exit.running;

    /// What is not API, or why it cannot be had.
    private record Doors(
            MethodHandle currentCarrier,
            MethodHandle newBuilder,
            Exit exit,
            @Nullable IllegalStateException refusal) {
        static Doors open() {
            try {
                MethodHandles.Lookup lookup =
                        MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup());
                MethodHandle carrier =
                        lookup.findStatic(
                                Thread.class,
                                "currentCarrierThread",
                                MethodType.methodType(Thread.class));
                Class<?> builder = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder");
                MethodHandle newBuilder =
                        MethodHandles.privateLookupIn(builder, MethodHandles.lookup())
                                .findConstructor(
                                        builder, MethodType.methodType(void.class, Executor.class));
                return new Doors(carrier, newBuilder.asType(BUILDER), Exit.find(), null);
            } catch (IllegalAccessException | InaccessibleObjectException e) {
                return shut(
                        "Corio schedules virtual threads on its cores, which JDK 25 only allows"
                                + " with --add-opens java.base/java.lang=ALL-UNNAMED"
                                + " (with Corio on the module path: =dev.corio.core);"
                                + " add it to the java command, or to JDK_JAVA_OPTIONS",
                        e);
            } catch (ReflectiveOperationException e) {
                return shut(
                        "this JDK ("
                                + Runtime.version()
                                + ") does not have what Corio needs to schedule"
                                + " virtual threads on its cores; use JDK 25",
                        e);
            }
        }

        private static Doors shut(String reason, Exception cause) {
            return new Doors(
                    MethodHandles.constant(Thread.class, null),
                    MethodHandles.empty(BUILDER),
                    Exit.none(),
                    new IllegalStateException(reason, cause));
        }
    }

    /// The steps of `VirtualThread.park`.
    private record Exit(
            MethodHandle takePermit,
            MethodHandle setState,
            MethodHandle leave,
            int parking,
            int running) {
        private static final MethodType TAKE_PERMIT_TYPE =
                MethodType.methodType(boolean.class, Thread.class, boolean.class);
        private static final MethodType SET_STATE_TYPE =
                MethodType.methodType(void.class, Thread.class, int.class);
        private static final MethodType LEAVE_TYPE =
                MethodType.methodType(boolean.class, Thread.class);

        static Exit find() throws ReflectiveOperationException {
            Class<?> type = Class.forName("java.lang.VirtualThread");
            MethodHandles.Lookup lookup =
                    MethodHandles.privateLookupIn(type, MethodHandles.lookup());
            return new Exit(
                    find(lookup, "getAndSetParkPermit", TAKE_PERMIT_TYPE),
                    find(lookup, "setState", SET_STATE_TYPE),
                    find(lookup, "yieldContinuation", LEAVE_TYPE),
                    constant(type, "PARKING"),
                    constant(type, "RUNNING"));
        }

        static Exit none() {
            return new Exit(
                    MethodHandles.empty(TAKE_PERMIT_TYPE),
                    MethodHandles.empty(SET_STATE_TYPE),
                    MethodHandles.empty(LEAVE_TYPE),
                    0,
                    0);
        }

        private static MethodHandle find(MethodHandles.Lookup lookup, String name, MethodType type)
                throws ReflectiveOperationException {
            return lookup.findVirtual(lookup.lookupClass(), name, type.dropParameterTypes(0, 1))
                    .asType(type);
        }

        private static int constant(Class<?> type, String name)
                throws ReflectiveOperationException {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field.getInt(null);
        }
    }

    private VirtualThreads() {}

    /// Fails with the flag to add when the JDK's doors are shut.
    static void ensureAccessible() {
        startPollers();
        if (DOORS.refusal != null) {
            throw new IllegalStateException(DOORS.refusal.getMessage(), DOORS.refusal.getCause());
        }
    }

    /// The threads that wait for the JDK's own sockets are virtual ones, and begin when the first
    /// virtual thread has to wait for one. They inherit their scheduler like any other, so a task
    /// must not be the first: they would live on its core, and all sockets of the JVM with them.
    private static void startPollers() {
        Runnable start =
                () -> {
                    try {
                        Class.forName("sun.nio.ch.Poller", true, null);
                    } catch (ClassNotFoundException e) {
                        LOG.log(System.Logger.Level.DEBUG, "this JDK has no poller to start", e);
                    }
                };
        Thread starter = Thread.ofPlatform().name("corio-start").start(start);
        boolean interrupted = false;
        while (starter.isAlive()) {
            try {
                starter.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// The platform thread that runs the caller: the current thread, or its carrier.
    static Thread currentCarrier() {
        try {
            return (Thread) CURRENT_CARRIER.invokeExact();
        } catch (Throwable e) {
            throw new AssertionError("currentCarrierThread failed", e);
        }
    }

    /// Suspends the calling virtual thread as [LockSupport#park] does. One that is pinned returns
    /// at once, where the JDK would park its carrier, and with it the core.
    static void park(Thread task, Object blocker) {
        try {
            if ((boolean) TAKE_PERMIT.invokeExact(task, false) || task.isInterrupted()) {
                return;
            }
            LockSupport.setCurrentBlocker(blocker);
            boolean left = false;
            SET_STATE.invokeExact(task, PARKING);
            try {
                left = (boolean) LEAVE.invokeExact(task);
            } finally {
                if (!left) {
                    SET_STATE.invokeExact(task, RUNNING);
                }
                LockSupport.setCurrentBlocker(null);
            }
        } catch (OutOfMemoryError e) {
            // No memory to put its frames aside: it stays, as if it were pinned.
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("parking a virtual thread failed", e);
        }
    }

    /// The virtual thread that a scheduler was given to run, or null when the JDK does not let see
    /// it. Slow; for diagnosis.
    static @Nullable Thread threadOf(Runnable continuation) {
        // It is a method reference that has captured its thread.
        for (Field field : continuation.getClass().getDeclaredFields()) {
            try {
                field.setAccessible(true);
                if (field.get(continuation) instanceof Thread thread) {
                    return thread;
                }
            } catch (IllegalAccessException | InaccessibleObjectException e) {
                return null;
            }
        }
        return null;
    }

    /// An unstarted virtual thread that runs wherever `scheduler` runs it, as do the virtual
    /// threads that it starts.
    static Thread unstarted(
            Executor scheduler,
            String name,
            Thread.UncaughtExceptionHandler handler,
            Runnable body) {
        try {
            var builder = (Thread.Builder.OfVirtual) NEW_BUILDER.invokeExact(scheduler);
            return builder.name(name).uncaughtExceptionHandler(handler).unstarted(body);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("the builder of virtual threads failed", e);
        }
    }
}
