package dev.corio.core;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// What the runtime logs while this is open; kept from the console.
final class Logged implements AutoCloseable {
    private final Logger logger = Logger.getLogger("dev.corio.core");
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord record) {
                    records.add(record);
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    Logged() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    /// The messages that contain a text.
    List<String> with(String text) {
        LoopLogger.flush();
        return written(text);
    }

    /// As above, as far as they are written: for a task that must not leave its thread, as waiting
    /// for those of the loops would make it.
    List<String> written(String text) {
        return records.stream()
                .map(LogRecord::getMessage)
                .filter(message -> message.contains(text))
                .toList();
    }

    /// How many records came with a stack that has a method.
    long stacksWith(String method) {
        LoopLogger.flush();
        return records.stream()
                .map(LogRecord::getThrown)
                .filter(thrown -> thrown != null && has(thrown, method))
                .count();
    }

    private static boolean has(Throwable thrown, String method) {
        return Arrays.stream(thrown.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals(method));
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }
}
