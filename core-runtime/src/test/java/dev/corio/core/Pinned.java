package dev.corio.core;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// A task that cannot leave its thread.
public final class Pinned {
    // Confined to the core of the test that runs.
    static @Nullable Callable<?> body;
    static @Nullable Object result;

    private Pinned() {}

    /// Runs a body inside the initialiser of a new class.
    public static <T> T inInitialiser(Callable<T> pinned) throws Exception {
        body = pinned;
        try {
            // A hidden class is a new one each time.
            MethodHandles.lookup().defineHiddenClass(bytes(), true);
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
        @SuppressWarnings("unchecked")
        T outcome = (T) result;
        return outcome;
    }

    private static byte[] bytes() throws IOException {
        try (var file = Pinned.class.getResourceAsStream("Pinned$Initialiser.class")) {
            return file.readAllBytes();
        }
    }

    @SuppressWarnings("unused") // its bytes are what is used
    private static final class Initialiser {
        static {
            try {
                result = body.call();
            } catch (Exception e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }
}
